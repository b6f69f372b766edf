/**
 * @generated SignedSource<<e97b3bea73305768700b44b7d8da428a>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ReaderFragment } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type accountCard$data = {
  readonly id: string;
  readonly industry: string | null | undefined;
  readonly name: string | null | undefined;
  readonly " $fragmentSpreads": FragmentRefs<"opportunityList">;
  readonly " $fragmentType": "accountCard";
};
export type accountCard$key = {
  readonly " $data"?: accountCard$data;
  readonly " $fragmentSpreads": FragmentRefs<"accountCard">;
};

import accountCardRefetchQuery_graphql from './accountCardRefetchQuery.graphql';

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": {
    "refetch": {
      "connection": null,
      "fragmentPathInResult": [
        "node"
      ],
      "operation": accountCardRefetchQuery_graphql,
      "identifierInfo": {
        "identifierField": "id",
        "identifierQueryVariableName": "id"
      }
    }
  },
  "name": "accountCard",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "id",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "name",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "industry",
      "storageKey": null
    },
    {
      "args": null,
      "kind": "FragmentSpread",
      "name": "opportunityList"
    }
  ],
  "type": "Account",
  "abstractKey": null
};

(node as any).hash = "e52067fc57fdd222f6600bd215cb1656";

export default node;
