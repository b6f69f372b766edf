import { graphql } from '../generated'

graphql(`
  fragment ContactRow on Contact {
    id
    version
    name
    jobTitle
    department
    email
    phone {
      raw
    }
    account {
      id
      name
    }
    viewerAccess {
      actions
      writableFields
      maskedFields
      hiddenFields
    }
  }
`)

export const CONTACTS = graphql(`
  query Contacts($search: String, $after: String) {
    contacts(first: 20, after: $after, search: $search, orderBy: [{ name: ASC }]) {
      totalCount
      edges {
        node {
          ...ContactRow
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`)

export const CREATE_CONTACT = graphql(`
  mutation CreateContact($input: CreateContactInput!) {
    createContact(input: $input) {
      contact {
        ...ContactRow
      }
    }
  }
`)

export const UPDATE_CONTACT = graphql(`
  mutation UpdateContact($id: ID!, $input: UpdateContactInput!, $ifVersion: Int!, $onConflict: ConflictRule!) {
    updateContact(id: $id, input: $input, ifVersion: $ifVersion, onConflict: $onConflict) {
      contact {
        ...ContactRow
      }
    }
  }
`)
