/**
 * @generated SignedSource<<018c7d9fe2ef1ea222913b9857c12f5c>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type UpdateOpportunityInput = {
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
export type opportunityRowNextStepMutation$variables = {
  id: string;
  ifVersion: number;
  input: UpdateOpportunityInput;
};
export type opportunityRowNextStepMutation$data = {
  readonly updateOpportunity: {
    readonly opportunity: {
      readonly " $fragmentSpreads": FragmentRefs<"opportunityRow">;
    } | null | undefined;
  } | null | undefined;
};
export type opportunityRowNextStepMutation = {
  response: opportunityRowNextStepMutation$data;
  variables: opportunityRowNextStepMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "id"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "ifVersion"
},
v2 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "input"
},
v3 = [
  {
    "kind": "Variable",
    "name": "id",
    "variableName": "id"
  },
  {
    "kind": "Variable",
    "name": "ifVersion",
    "variableName": "ifVersion"
  },
  {
    "kind": "Variable",
    "name": "input",
    "variableName": "input"
  },
  {
    "kind": "Literal",
    "name": "onConflict",
    "value": "MERGE"
  }
],
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v5 = {
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
      (v1/*:: as any*/),
      (v2/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "opportunityRowNextStepMutation",
    "selections": [
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "concreteType": "UpdateOpportunityPayload",
        "kind": "LinkedField",
        "name": "updateOpportunity",
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
      (v0/*:: as any*/),
      (v2/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "opportunityRowNextStepMutation",
    "selections": [
      {
        "alias": null,
        "args": (v3/*:: as any*/),
        "concreteType": "UpdateOpportunityPayload",
        "kind": "LinkedField",
        "name": "updateOpportunity",
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
              (v4/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "version",
                "storageKey": null
              },
              (v5/*:: as any*/),
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
                  (v5/*:: as any*/),
                  (v4/*:: as any*/)
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
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "1410f295b331399f5c105a1be31d2cf4",
    "id": null,
    "metadata": {},
    "name": "opportunityRowNextStepMutation",
    "operationKind": "mutation",
    "text": "mutation opportunityRowNextStepMutation(\n  $id: ID!\n  $input: UpdateOpportunityInput!\n  $ifVersion: Int!\n) {\n  updateOpportunity(id: $id, input: $input, ifVersion: $ifVersion, onConflict: MERGE) {\n    opportunity {\n      ...opportunityRow\n      id\n    }\n  }\n}\n\nfragment opportunityRow on Opportunity {\n  id\n  version\n  name\n  nextStep\n  stage {\n    name\n    id\n  }\n  amount {\n    amount\n    currency\n  }\n}\n"
  }
};
})();

(node as any).hash = "07c09530fc6339b046cd812be6c2b741";

export default node;
