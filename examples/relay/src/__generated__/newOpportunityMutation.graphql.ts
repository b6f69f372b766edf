/**
 * @generated SignedSource<<aca5f3fb65aab4b1e5309d7f479e8735>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type CreateOpportunityInput = {
  account?: AccountRef | null | undefined;
  amount?: MoneyInput | null | undefined;
  contact?: ContactRef | null | undefined;
  expectedCloseDate?: string | null | undefined;
  externalIds?: ReadonlyArray<ExternalIdInput> | null | undefined;
  forecastCategory?: string | null | undefined;
  lostReason?: string | null | undefined;
  margin?: MoneyInput | null | undefined;
  name?: string | null | undefined;
  needs?: string | null | undefined;
  nextStep?: string | null | undefined;
  nextStepAt?: string | null | undefined;
  owner?: UserRef | null | undefined;
  pipeline?: PipelineRef | null | undefined;
  probability?: string | null | undefined;
  ref?: string | null | undefined;
  score?: number | null | undefined;
  source?: string | null | undefined;
  stage?: StageRef | null | undefined;
  status?: string | null | undefined;
  tags?: ReadonlyArray<string> | null | undefined;
  team?: TeamRef | null | undefined;
};
export type UserRef = {
  email?: never;
  externalId?: never;
  id: string;
  ref?: never;
} | {
  email?: never;
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  email: string;
  externalId?: never;
  id?: never;
  ref?: never;
} | {
  email?: never;
  externalId?: never;
  id?: never;
  ref: string;
};
export type ExternalIdInput = {
  key: string;
  system: string;
};
export type TeamRef = {
  externalId?: never;
  id: string;
  ref?: never;
} | {
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  externalId?: never;
  id?: never;
  ref: string;
};
export type AccountRef = {
  code?: never;
  externalId?: never;
  id: string;
  ref?: never;
} | {
  code?: never;
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  code: string;
  externalId?: never;
  id?: never;
  ref?: never;
} | {
  code?: never;
  externalId?: never;
  id?: never;
  ref: string;
};
export type ContactRef = {
  externalId?: never;
  id: string;
  ref?: never;
} | {
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  externalId?: never;
  id?: never;
  ref: string;
};
export type PipelineRef = {
  externalId?: never;
  id: string;
  ref?: never;
} | {
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  externalId?: never;
  id?: never;
  ref: string;
};
export type StageRef = {
  externalId?: never;
  id: string;
  ref?: never;
} | {
  externalId: ExternalIdInput;
  id?: never;
  ref?: never;
} | {
  externalId?: never;
  id?: never;
  ref: string;
};
export type MoneyInput = {
  amount: string;
  currency: string;
};
export type newOpportunityMutation$variables = {
  connections: ReadonlyArray<string>;
  input: CreateOpportunityInput;
};
export type newOpportunityMutation$data = {
  readonly createOpportunity: {
    readonly opportunity: {
      readonly id: string;
      readonly " $fragmentSpreads": FragmentRefs<"opportunityRow">;
    } | null | undefined;
  } | null | undefined;
};
export type newOpportunityMutation = {
  response: newOpportunityMutation$data;
  variables: newOpportunityMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "connections"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "input"
},
v2 = [
  {
    "kind": "Variable",
    "name": "input",
    "variableName": "input"
  }
],
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "name",
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "newOpportunityMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "CreateOpportunityPayload",
        "kind": "LinkedField",
        "name": "createOpportunity",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "Opportunity",
            "kind": "LinkedField",
            "name": "opportunity",
            "plural": false,
            "selections": [
              (v3/*:: as any*/),
              {
                "args": null,
                "kind": "FragmentSpread",
                "name": "opportunityRow"
              }
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "newOpportunityMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "CreateOpportunityPayload",
        "kind": "LinkedField",
        "name": "createOpportunity",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "Opportunity",
            "kind": "LinkedField",
            "name": "opportunity",
            "plural": false,
            "selections": [
              (v3/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "version",
                "storageKey": null
              },
              (v4/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "nextStep",
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "concreteType": "Stage",
                "kind": "LinkedField",
                "name": "stage",
                "plural": false,
                "selections": [
                  (v4/*:: as any*/),
                  (v3/*:: as any*/)
                ],
                "storageKey": null
              },
              {
                "alias": null,
                "args": null,
                "concreteType": "Money",
                "kind": "LinkedField",
                "name": "amount",
                "plural": false,
                "selections": [
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "amount",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "currency",
                    "storageKey": null
                  }
                ],
                "storageKey": null
              }
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "filters": null,
            "handle": "prependNode",
            "key": "",
            "kind": "LinkedHandle",
            "name": "opportunity",
            "handleArgs": [
              {
                "kind": "Variable",
                "name": "connections",
                "variableName": "connections"
              },
              {
                "kind": "Literal",
                "name": "edgeTypeName",
                "value": "OpportunityEdge"
              }
            ]
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "e6d5b804df31fdf099e06a5f96ed7172",
    "id": null,
    "metadata": {},
    "name": "newOpportunityMutation",
    "operationKind": "mutation",
    "text": "mutation newOpportunityMutation(\n  $input: CreateOpportunityInput!\n) {\n  createOpportunity(input: $input) {\n    opportunity {\n      id\n      ...opportunityRow\n    }\n  }\n}\n\nfragment opportunityRow on Opportunity {\n  id\n  version\n  name\n  nextStep\n  stage {\n    name\n    id\n  }\n  amount {\n    amount\n    currency\n  }\n}\n"
  }
};
})();

(node as any).hash = "3ae7cd542f93005b191e1e4e9966d5c7";

export default node;
