import { chain, rule } from 'graphql-shield'
import { isAdministrator } from '../auth/index.ts'
import { GuanxiError } from '../errors/index.ts'
import type { Action, Principal } from '../records/access/policy.ts'
import { effectiveScope } from '../records/access/secured.ts'
import { StaleEpochError } from '../records/epochs.ts'
import type { FieldDescriptor, WriteOperation } from './descriptors.ts'
import type { ResolverContext } from './operation.ts'

/** The principal's rights are those of the current access epoch. */
export type RightsCheck = (principal: Principal) => Promise<boolean>

type Verdict = true | Error
type Check = (context: Pick<ResolverContext, 'principal' | 'runtime'>) => Verdict

const isAnyone: Check = () => true
const isDenied: Check = () => new GuanxiError('FORBIDDEN', 'No rule allows this.')
const isSignedIn: Check = ({ principal }) =>
  principal ? true : new GuanxiError('UNAUTHENTICATED', 'Sign in first: send `Authorization: Bearer <access token or API key>`.')
const isAdmin: Check = ({ principal }) =>
  principal !== null && isAdministrator(principal) ? true : new GuanxiError('FORBIDDEN', 'Only administrators may do this.')

const shieldRule = (name: string, check: Check) => rule(name, { cache: 'no_cache' })((_parent, _args, context: ResolverContext) => check(context))

/** The rules that need nothing but the context. */
export const RULES = Object.freeze({
  /** For everyone, signed in or not. */
  public: shieldRule('public', isAnyone),
  /** Members of an answer whose root field has been allowed. */
  answer: shieldRule('answer', isAnyone),
  denied: shieldRule('denied', isDenied),
  signedIn: shieldRule('signedIn', isSignedIn),
  administrator: shieldRule('administrator', isAdmin),
})

/** Who may call what is written by hand. Everything else is refused; each type and field of the hand-written schema has its line here. */
export function createRuleTree(rightsAreCurrent: RightsCheck) {
  const currentRights = rule('currentRights', { cache: 'no_cache' })(async (_parent, _args, { principal }: ResolverContext) =>
    principal !== null && (await rightsAreCurrent(principal)) ? true : new StaleEpochError(),
  )
  const signedIn = chain(RULES.signedIn, currentRights)
  const administrator = chain(RULES.signedIn, RULES.administrator, currentRights)
  const answer = { '*': RULES.answer }

  return {
    Query: {
      me: signedIn,
      sessions: signedIn,
      apiKeys: signedIn,
      roles: administrator,
      schemaVersion: signedIn,
      modules: signedIn,
      module: signedIn,
      explainAccess: administrator,
      customFields: administrator,
      customModules: administrator,
      exportMetadata: administrator,
    },
    Mutation: {
      signIn: RULES.public,
      refreshSession: RULES.public,
      signOut: signedIn,
      revokeSession: signedIn,
      createApiKey: signedIn,
      revokeApiKey: signedIn,
      setPassword: signedIn,
      createRole: administrator,
      updateRole: administrator,
      assignRole: administrator,
      unassignRole: administrator,
      createCustomField: administrator,
      createCustomFields: administrator,
      updateCustomField: administrator,
      deleteCustomField: administrator,
      restoreCustomField: administrator,
      purgeCustomField: administrator,
      createCustomModule: administrator,
      updateCustomModule: administrator,
      deleteCustomModule: administrator,
      restoreCustomModule: administrator,
      applyMetadata: administrator,
    },
    Subscription: { schemaChanged: signedIn },
    SchemaChange: answer,
    // Whoever may read a user may know its roles, but not what they allow.
    User: { roles: RULES.answer },
    // No look at the epoch here: what has just changed a role may show it.
    Role: { '*': RULES.answer, grants: RULES.administrator, fields: RULES.administrator },
    RoleGrant: answer,
    RoleField: answer,
    RolePayload: answer,
    UserPayload: answer,
    SessionPayload: answer,
    Session: answer,
    RevokeSessionPayload: answer,
    ApiKey: answer,
    CreateApiKeyPayload: answer,
    RevokeApiKeyPayload: answer,
    Module: answer,
    Field: answer,
    FieldOption: answer,
    FieldReference: answer,
    FieldTransition: answer,
    AccessExplanation: answer,
    CustomField: answer,
    CustomFieldPayload: answer,
    CustomFieldsPayload: answer,
    CustomModule: answer,
    CustomModulePayload: answer,
    MetadataDependent: answer,
    FieldNumbering: answer,
    FieldRollup: answer,
    ApplyMetadataPayload: answer,
    MetadataPlanStep: answer,
    UnconvertibleValues: answer,
    MetadataIssue: answer,
  }
}

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
export function plannedVerdict(descriptor: FieldDescriptor, context: Pick<ResolverContext, 'principal' | 'runtime'>): Verdict {
  const signedIn = isSignedIn(context)
  if (signedIn !== true) return signedIn
  switch (descriptor.kind) {
    case 'list':
    case 'get':
    case 'getBy':
    case 'aggregate':
      return moduleAllows(descriptor.module, ['READ'], context)
    case 'write':
      return moduleAllows(descriptor.module, WRITES[descriptor.operation], context)
    case 'node':
    case 'nodes':
      return true
    default:
      return isDenied(context)
  }
}

function moduleAllows(name: string, actions: readonly Action[], { principal, runtime }: Pick<ResolverContext, 'principal' | 'runtime'>): Verdict {
  const module = runtime.registry.modules.get(name)
  const allowed =
    principal !== null && module !== undefined && actions.some((action) => effectiveScope(module, action, principal.policy, runtime.registry) !== undefined)
  return allowed ? true : new GuanxiError('FORBIDDEN', `Your roles do not allow ${actions.join(' or ')} on ${name}.`)
}
