/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Module($name: String!) {\n    module(name: $name) {\n      name\n      actions\n      fields {\n        name\n        label\n        required\n        access\n        options {\n          value\n          label\n        }\n        transitions {\n          from\n          to\n        }\n      }\n    }\n  }\n": typeof types.ModuleDocument,
    "\n  fragment ContactRow on Contact {\n    id\n    version\n    name\n    jobTitle\n    department\n    email\n    phone {\n      raw\n    }\n    account {\n      id\n      name\n    }\n    viewerAccess {\n      actions\n      writableFields\n      maskedFields\n      hiddenFields\n    }\n  }\n": typeof types.ContactRowFragmentDoc,
    "\n  query Contacts($search: String, $after: String) {\n    contacts(first: 20, after: $after, search: $search, orderBy: [{ name: ASC }]) {\n      totalCount\n      edges {\n        node {\n          ...ContactRow\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ContactsDocument,
    "\n  mutation CreateContact($input: CreateContactInput!) {\n    createContact(input: $input) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n": typeof types.CreateContactDocument,
    "\n  mutation UpdateContact($id: ID!, $input: UpdateContactInput!, $ifVersion: Int!, $onConflict: ConflictRule!) {\n    updateContact(id: $id, input: $input, ifVersion: $ifVersion, onConflict: $onConflict) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n": typeof types.UpdateContactDocument,
    "\n  fragment TicketRow on Ticket {\n    id\n    version\n    number\n    subject\n    status\n    priority\n    assignee {\n      id\n      name\n    }\n    viewerAccess {\n      writableFields\n    }\n  }\n": typeof types.TicketRowFragmentDoc,
    "\n  query Tickets {\n    changeCursor\n    tickets(first: 50) {\n      totalCount\n      nodes {\n        ...TicketRow\n      }\n    }\n  }\n": typeof types.TicketsDocument,
    "\n  subscription TicketChanged($after: String!) {\n    ticketChanged(after: $after) {\n      cursor\n      operation\n      id\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n": typeof types.TicketChangedDocument,
    "\n  mutation SetTicketStatus($id: ID!, $status: String!, $ifVersion: Int!) {\n    updateTicket(id: $id, input: { status: $status }, ifVersion: $ifVersion, onConflict: MERGE) {\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n": typeof types.SetTicketStatusDocument,
};
const documents: Documents = {
    "\n  query Module($name: String!) {\n    module(name: $name) {\n      name\n      actions\n      fields {\n        name\n        label\n        required\n        access\n        options {\n          value\n          label\n        }\n        transitions {\n          from\n          to\n        }\n      }\n    }\n  }\n": types.ModuleDocument,
    "\n  fragment ContactRow on Contact {\n    id\n    version\n    name\n    jobTitle\n    department\n    email\n    phone {\n      raw\n    }\n    account {\n      id\n      name\n    }\n    viewerAccess {\n      actions\n      writableFields\n      maskedFields\n      hiddenFields\n    }\n  }\n": types.ContactRowFragmentDoc,
    "\n  query Contacts($search: String, $after: String) {\n    contacts(first: 20, after: $after, search: $search, orderBy: [{ name: ASC }]) {\n      totalCount\n      edges {\n        node {\n          ...ContactRow\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ContactsDocument,
    "\n  mutation CreateContact($input: CreateContactInput!) {\n    createContact(input: $input) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n": types.CreateContactDocument,
    "\n  mutation UpdateContact($id: ID!, $input: UpdateContactInput!, $ifVersion: Int!, $onConflict: ConflictRule!) {\n    updateContact(id: $id, input: $input, ifVersion: $ifVersion, onConflict: $onConflict) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n": types.UpdateContactDocument,
    "\n  fragment TicketRow on Ticket {\n    id\n    version\n    number\n    subject\n    status\n    priority\n    assignee {\n      id\n      name\n    }\n    viewerAccess {\n      writableFields\n    }\n  }\n": types.TicketRowFragmentDoc,
    "\n  query Tickets {\n    changeCursor\n    tickets(first: 50) {\n      totalCount\n      nodes {\n        ...TicketRow\n      }\n    }\n  }\n": types.TicketsDocument,
    "\n  subscription TicketChanged($after: String!) {\n    ticketChanged(after: $after) {\n      cursor\n      operation\n      id\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n": types.TicketChangedDocument,
    "\n  mutation SetTicketStatus($id: ID!, $status: String!, $ifVersion: Int!) {\n    updateTicket(id: $id, input: { status: $status }, ifVersion: $ifVersion, onConflict: MERGE) {\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n": types.SetTicketStatusDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Module($name: String!) {\n    module(name: $name) {\n      name\n      actions\n      fields {\n        name\n        label\n        required\n        access\n        options {\n          value\n          label\n        }\n        transitions {\n          from\n          to\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query Module($name: String!) {\n    module(name: $name) {\n      name\n      actions\n      fields {\n        name\n        label\n        required\n        access\n        options {\n          value\n          label\n        }\n        transitions {\n          from\n          to\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment ContactRow on Contact {\n    id\n    version\n    name\n    jobTitle\n    department\n    email\n    phone {\n      raw\n    }\n    account {\n      id\n      name\n    }\n    viewerAccess {\n      actions\n      writableFields\n      maskedFields\n      hiddenFields\n    }\n  }\n"): (typeof documents)["\n  fragment ContactRow on Contact {\n    id\n    version\n    name\n    jobTitle\n    department\n    email\n    phone {\n      raw\n    }\n    account {\n      id\n      name\n    }\n    viewerAccess {\n      actions\n      writableFields\n      maskedFields\n      hiddenFields\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Contacts($search: String, $after: String) {\n    contacts(first: 20, after: $after, search: $search, orderBy: [{ name: ASC }]) {\n      totalCount\n      edges {\n        node {\n          ...ContactRow\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): (typeof documents)["\n  query Contacts($search: String, $after: String) {\n    contacts(first: 20, after: $after, search: $search, orderBy: [{ name: ASC }]) {\n      totalCount\n      edges {\n        node {\n          ...ContactRow\n        }\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateContact($input: CreateContactInput!) {\n    createContact(input: $input) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateContact($input: CreateContactInput!) {\n    createContact(input: $input) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateContact($id: ID!, $input: UpdateContactInput!, $ifVersion: Int!, $onConflict: ConflictRule!) {\n    updateContact(id: $id, input: $input, ifVersion: $ifVersion, onConflict: $onConflict) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation UpdateContact($id: ID!, $input: UpdateContactInput!, $ifVersion: Int!, $onConflict: ConflictRule!) {\n    updateContact(id: $id, input: $input, ifVersion: $ifVersion, onConflict: $onConflict) {\n      contact {\n        ...ContactRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment TicketRow on Ticket {\n    id\n    version\n    number\n    subject\n    status\n    priority\n    assignee {\n      id\n      name\n    }\n    viewerAccess {\n      writableFields\n    }\n  }\n"): (typeof documents)["\n  fragment TicketRow on Ticket {\n    id\n    version\n    number\n    subject\n    status\n    priority\n    assignee {\n      id\n      name\n    }\n    viewerAccess {\n      writableFields\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Tickets {\n    changeCursor\n    tickets(first: 50) {\n      totalCount\n      nodes {\n        ...TicketRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query Tickets {\n    changeCursor\n    tickets(first: 50) {\n      totalCount\n      nodes {\n        ...TicketRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription TicketChanged($after: String!) {\n    ticketChanged(after: $after) {\n      cursor\n      operation\n      id\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n"): (typeof documents)["\n  subscription TicketChanged($after: String!) {\n    ticketChanged(after: $after) {\n      cursor\n      operation\n      id\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetTicketStatus($id: ID!, $status: String!, $ifVersion: Int!) {\n    updateTicket(id: $id, input: { status: $status }, ifVersion: $ifVersion, onConflict: MERGE) {\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation SetTicketStatus($id: ID!, $status: String!, $ifVersion: Int!) {\n    updateTicket(id: $id, input: { status: $status }, ifVersion: $ifVersion, onConflict: MERGE) {\n      ticket {\n        ...TicketRow\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;