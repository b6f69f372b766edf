import { chain, type IRule, rule } from 'graphql-shield'
import { isAdministrator } from '../auth/index.ts'
import { DefectError, GuanxiError, listed, say } from '../errors/index.ts'
import type { Action, Principal } from '../records/access/policy.ts'
import { fieldLevel, isAllowed } from '../records/access/secured.ts'
import { StaleEpochError } from '../records/epochs.ts'
import type { FieldDescriptor, WriteOperation } from './descriptors.ts'
import type { ResolverContext, Runtime } from './operation.ts'

/** The principal's rights are those of the current access epoch. */
export type RightsCheck = (principal: Principal) => Promise<boolean>

type Verdict = true | Error
/** What the rules judge by. */
export interface RuleContext extends Pick<ResolverContext, 'principal'> {
  readonly runtime: Pick<Runtime, 'registry'>
}

type Check = (context: RuleContext) => Verdict

const isAnyone: Check = () => true
const isDenied: Check = () => new GuanxiError('FORBIDDEN', say`No rule allows this.`)
const isSignedIn: Check = ({ principal }) =>
  principal ? true : new GuanxiError('UNAUTHENTICATED', say`Sign in first: send \`Authorization: Bearer <access token or API key>\`.`)
const isAdmin: Check = ({ principal }) =>
  principal !== null && isAdministrator(principal) ? true : new GuanxiError('FORBIDDEN', say`Only administrators may do this.`)

const shieldRule = (name: string, check: Check): IRule => rule(name, { cache: 'no_cache' })((_parent, _args, context: ResolverContext) => check(context))

/** The rules that need nothing but the context. */
export const RULES: Readonly<Record<'public' | 'answer' | 'denied' | 'signedIn' | 'administrator', IRule>> = Object.freeze({
  /** For everyone, signed in or not. */
  public: shieldRule('public', isAnyone),
  /** Members of an answer whose root field has been allowed. */
  answer: shieldRule('answer', isAnyone),
  denied: shieldRule('denied', isDenied),
  signedIn: shieldRule('signedIn', isSignedIn),
  administrator: shieldRule('administrator', isAdmin),
})

/**
 * Who may call what is written by hand: everybody; whoever is signed in; administrators, by the rights of this moment; whoever got the answer that the
 * member belongs to; administrators among those.
 */
export type Audience = NamedAudience | PluginAudience

type NamedAudience = 'public' | 'signedIn' | 'administrator' | 'answer' | 'administratorOfAnswer'

/** Of what plugins add: holders of roles that have a permission, and whoever reads all fields of a record that a member is computed from. */
export type PluginAudience = { readonly roles: readonly string[] } | { readonly needs: readonly string[]; readonly module: string }

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Who a field is for that a plugin adds; those of the product stand in the table of rules. */
    audience?: Audience
  }
}

const ANSWER: Readonly<Record<string, NamedAudience>> = { '*': 'answer' }

/** Each type and field of the hand-written schema has its line here; everything else is refused. `*`: all fields that have none of their own. */
const AUDIENCES: Readonly<Record<string, Readonly<Record<string, NamedAudience>>>> = {
  Query: {
    me: 'signedIn',
    sessions: 'signedIn',
    apiKeys: 'signedIn',
    roles: 'administrator',
    recordShares: 'signedIn',
    schemaVersion: 'signedIn',
    modules: 'signedIn',
    module: 'signedIn',
    explainAccess: 'administrator',
    auditLog: 'administrator',
    whoCanSee: 'administrator',
    diffRole: 'administrator',
    roleSchema: 'administrator',
    unusedGrants: 'administrator',
    customFields: 'administrator',
    customModules: 'administrator',
    exportMetadata: 'administrator',
    plugins: 'administrator',
  },
  Mutation: {
    signIn: 'public',
    refreshSession: 'public',
    signOut: 'signedIn',
    revokeSession: 'signedIn',
    revokeOtherSessions: 'signedIn',
    requestPasswordReset: 'public',
    resetPassword: 'public',
    inviteUser: 'administrator',
    resendInvitation: 'administrator',
    acceptInvitation: 'public',
    createApiKey: 'signedIn',
    revokeApiKey: 'signedIn',
    setPassword: 'signedIn',
    createRole: 'administrator',
    updateRole: 'administrator',
    assignRole: 'administrator',
    unassignRole: 'administrator',
    shareRecord: 'signedIn',
    unshareRecord: 'signedIn',
    mergeTickets: 'signedIn',
    createCustomField: 'administrator',
    createCustomFields: 'administrator',
    updateCustomField: 'administrator',
    deleteCustomField: 'administrator',
    restoreCustomField: 'administrator',
    purgeCustomField: 'administrator',
    createCustomModule: 'administrator',
    updateCustomModule: 'administrator',
    deleteCustomModule: 'administrator',
    restoreCustomModule: 'administrator',
    purgeCustomModule: 'administrator',
    applyMetadata: 'administrator',
    enablePlugin: 'administrator',
    disablePlugin: 'administrator',
    upgradePlugin: 'administrator',
    uninstallPlugin: 'administrator',
    purgePlugin: 'administrator',
    updatePluginSettings: 'administrator',
    updatePluginPermission: 'administrator',
  },
  Subscription: { schemaChanged: 'signedIn' },
  SchemaChange: ANSWER,
  // Whoever may read a user may know its roles, but not what they allow.
  User: { roles: 'answer' },
  // No look at the epoch here: what has just changed a role may show it.
  Role: {
    '*': 'answer',
    grants: 'administratorOfAnswer',
    fields: 'administratorOfAnswer',
    inherits: 'administratorOfAnswer',
    newFields: 'administratorOfAnswer',
  },
  RoleGrant: ANSWER,
  RoleField: ANSWER,
  RolePayload: ANSWER,
  UserPayload: ANSWER,
  RecordShare: ANSWER,
  RecordSharePayload: ANSWER,
  MergeTicketsPayload: ANSWER,
  SessionPayload: ANSWER,
  Session: ANSWER,
  RevokeSessionPayload: ANSWER,
  RevokeOtherSessionsPayload: ANSWER,
  RequestPasswordResetPayload: ANSWER,
  ResetPasswordPayload: ANSWER,
  InviteUserPayload: ANSWER,
  AcceptInvitationPayload: ANSWER,
  ApiKey: ANSWER,
  CreateApiKeyPayload: ANSWER,
  RevokeApiKeyPayload: ANSWER,
  Module: ANSWER,
  Field: ANSWER,
  FieldOption: ANSWER,
  FieldReference: ANSWER,
  FieldTransition: ANSWER,
  AccessExplanation: ANSWER,
  AuditLogConnection: ANSWER,
  AuditLogEdge: ANSWER,
  AuditLogEntry: ANSWER,
  AuditLogActor: ANSWER,
  AuditLogChange: ANSWER,
  RoleDiff: ANSWER,
  RoleSchema: ANSWER,
  RoleDiffGroup: ANSWER,
  ActionDiff: ANSWER,
  AccessReach: ANSWER,
  FieldDiff: ANSWER,
  UnusedGrants: ANSWER,
  UnusedGrant: ANSWER,
  CustomField: ANSWER,
  CustomFieldPayload: ANSWER,
  CustomFieldsPayload: ANSWER,
  CustomModule: ANSWER,
  CustomModulePayload: ANSWER,
  MetadataDependent: ANSWER,
  FieldNumbering: ANSWER,
  FieldRollup: ANSWER,
  ApplyMetadataPayload: ANSWER,
  MetadataPlanStep: ANSWER,
  UnconvertibleValues: ANSWER,
  MetadataIssue: ANSWER,
  Plugin: ANSWER,
  PluginPermission: ANSWER,
  PluginProcess: ANSWER,
  PluginPayload: ANSWER,
}

/** Undefined for a field that the tree does not name, which nobody may call. `added`: what the field itself says, where a plugin has added it. */
export function audienceOf(typeName: string, fieldName: string, added?: Audience): Audience | undefined {
  if (added !== undefined) return added
  const fields = Object.hasOwn(AUDIENCES, typeName) ? AUDIENCES[typeName] : undefined
  return fields && (Object.hasOwn(fields, fieldName) ? fields[fieldName] : fields['*'])
}

/** Whether the field is of any use to somebody; what is for nobody is for none. */
export function isForPrincipal(audience: Audience | undefined, principal: Principal): boolean {
  if (audience === undefined) return false
  // What a principal sees of the schema is kept by the shape of his rights on records, to which roles that have a permission mean nothing.
  if (typeof audience === 'object') return 'roles' in audience || isForHolder(audience, principal)
  return audience === 'administrator' || audience === 'administratorOfAnswer' ? isAdministrator(principal) : true
}

function isForHolder(audience: PluginAudience, principal: Principal): boolean {
  if ('roles' in audience) return isAdministrator(principal) || audience.roles.some((role) => principal.roles.includes(role))
  return audience.needs.every((field) => ['READ', 'WRITE'].includes(fieldLevel(principal.policy, audience.module, field)))
}

/** Rules by type and field. */
type RuleTree = Readonly<Record<string, Readonly<Record<string, Parameters<typeof chain>[number]>>>>

/** The audiences as rules; `added`: those of fields that plugins have added, by type and field. */
export function createRuleTree(rightsAreCurrent: RightsCheck, added: Readonly<Record<string, Readonly<Record<string, Audience>>>> = {}): RuleTree {
  const currentRights = rule('currentRights', { cache: 'no_cache' })(async (_parent, _args, { principal }: ResolverContext) => {
    try {
      return principal !== null && (await rightsAreCurrent(principal)) ? true : new StaleEpochError()
    } catch (error) {
      // What a rule throws the shield takes for a no: who could not be judged would hear that he is refused.
      return error instanceof Error ? error : new DefectError(String(error))
    }
  })
  const rules = {
    public: RULES.public,
    signedIn: chain(RULES.signedIn, currentRights),
    // Rights of today come first: who has just become an administrator is not refused by what this node knew before.
    administrator: chain(RULES.signedIn, currentRights, RULES.administrator),
    answer: RULES.answer,
    // No look at the epoch here: what has just changed a role may show it.
    administratorOfAnswer: RULES.administrator,
  } as const
  const ruleOf = (audience: Audience) => (typeof audience === 'object' ? chain(RULES.signedIn, currentRights, holderRule(audience)) : rules[audience])
  return Object.fromEntries(
    [...new Set([...Object.keys(AUDIENCES), ...Object.keys(added)])].map((type) => [
      type,
      Object.fromEntries(Object.entries({ ...AUDIENCES[type], ...added[type] }).map(([field, audience]) => [field, ruleOf(audience)])),
    ]),
  )
}

const holderRule = (audience: PluginAudience) =>
  shieldRule('holder', ({ principal }) =>
    principal !== null && isForHolder(audience, principal) ? true : new GuanxiError('FORBIDDEN', say`Your roles do not have the permission that this needs.`),
  )

const WRITES: Readonly<Record<WriteOperation, readonly Action[]>> = {
  create: ['CREATE'],
  update: ['UPDATE'],
  upsert: ['CREATE', 'UPDATE'],
  delete: ['DELETE'],
  restore: ['RESTORE'],
}

/**
 * What the rules say about a generated root field, asked once for an operation: an Error of the catalogue, or true. The same checks as in the tree; a module's
 * rows and fields are the access compiler's to judge. An upsert needs one of its two actions here and the fitting one when it is known which it will be.
 */
export function plannedVerdict(descriptor: FieldDescriptor, context: RuleContext): Verdict {
  const signedIn = isSignedIn(context)
  if (signedIn !== true) return signedIn
  switch (descriptor.kind) {
    case 'list':
    case 'get':
    case 'getBy':
    case 'aggregate':
    case 'changed':
      return moduleAllows(descriptor.module, ['READ'], context)
    case 'write':
      return moduleAllows(descriptor.module, WRITES[descriptor.operation], context)
    case 'node':
    case 'nodes':
    case 'changes':
    case 'changeCursor':
      return true
    default:
      return isDenied(context)
  }
}

function moduleAllows(name: string, actions: readonly Action[], { principal, runtime }: RuleContext): Verdict {
  const module = runtime.registry.modules.get(name)
  const allowed = principal !== null && module !== undefined && actions.some((action) => isAllowed(module, action, principal.policy, runtime.registry))
  return allowed ? true : new GuanxiError('FORBIDDEN', say`Your roles do not allow ${listed(actions, ' or ')} on ${name}.`)
}
