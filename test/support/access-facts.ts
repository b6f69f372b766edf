import type { Holds } from './drawn-condition.ts'

export type OracleScope = 'OWN' | 'TEAM' | 'TEAM_TREE' | 'ALL'

/** A grant as `createRole` takes it. `holds`: its condition on the row, told a second time; all rows where it is left out. */
export interface OracleGrant {
  readonly module: string
  readonly actions: readonly string[]
  readonly scope: OracleScope
  readonly holds?: Holds
}

/** What one role grants. */
export type OracleRole = readonly OracleGrant[]

/** With the levels that it lists. */
export interface LeveledRole {
  readonly grants: OracleRole
  readonly fields: readonly { readonly module: string; readonly field: string; readonly access: string }[]
}

/** Modules that everybody reads. */
export const DIRECTORY = ['user', 'team', 'productCategory', 'product', 'pipeline', 'stage', 'tag', 'exchangeRate', 'complaintCategory']
/** What everybody has. */
export const SIGNED_IN: LeveledRole = {
  grants: DIRECTORY.map((module) => ({ module, actions: ['READ'], scope: 'ALL' })),
  fields: [{ module: 'user', field: 'email', access: 'READ' }],
}
/** Whoever reads such a module by a role reads of it what belongs to a record that he reads by this role; by any, if this role says nothing of such records. */
export const PARENTS: Readonly<Record<string, readonly [column: string, module: string]>> = {
  accountContact: ['account_id', 'account'],
  opportunityLineItem: ['opportunity_id', 'opportunity'],
  opportunityStageChange: ['opportunity_id', 'opportunity'],
  orderLine: ['order_id', 'order'],
  ticketComment: ['ticket_id', 'ticket'],
  ticketWatcher: ['ticket_id', 'ticket'],
  ticketLink: ['ticket_id', 'ticket'],
  ticketStatusChange: ['ticket_id', 'ticket'],
}
/** Likewise, for modules of the plugins that come with the product: by the name of the field, since their columns have none that mean something. */
export const PLUGIN_PARENTS: typeof PARENTS = {
  contractParty: ['contract', 'contract'],
  contractInstalment: ['contract', 'contract'],
  contractAmendment: ['contract', 'contract'],
  contractApproval: ['contract', 'contract'],
}
