/**
 * @generated SignedSource<<c97fdc8dcac603e4514b56382b0d7080>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ReaderFragment } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type newOpportunity_stages$data = {
  readonly stages: {
    readonly nodes: ReadonlyArray<{
      readonly id: string;
      readonly name: string | null | undefined;
    }>;
  } | null | undefined;
  readonly " $fragmentType": "newOpportunity_stages";
};
export type newOpportunity_stages$key = {
  readonly " $data"?: newOpportunity_stages$data;
  readonly " $fragmentSpreads": FragmentRefs<"newOpportunity_stages">;
};

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": null,
  "name": "newOpportunity_stages",
  "selections": [
    {
      "alias": null,
      "args": [
        {
          "kind": "Literal",
          "name": "filter",
          "value": {
            "category": {
              "eq": "open"
            }
          }
        },
        {
          "kind": "Literal",
          "name": "first",
          "value": 20
        },
        {
          "kind": "Literal",
          "name": "orderBy",
          "value": [
            {
              "position": "ASC"
            }
          ]
        }
      ],
      "concreteType": "StageConnection",
      "kind": "LinkedField",
      "name": "stages",
      "plural": false,
      "selections": [
        {
          "alias": null,
          "args": null,
          "concreteType": "Stage",
          "kind": "LinkedField",
          "name": "nodes",
          "plural": true,
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
            }
          ],
          "storageKey": null
        }
      ],
      "storageKey": "stages(filter:{\"category\":{\"eq\":\"open\"}},first:20,orderBy:[{\"position\":\"ASC\"}])"
    }
  ],
  "type": "Query",
  "abstractKey": null
};

(node as any).hash = "3c7ec287add507ca19e488af1dc6bf06";

export default node;
