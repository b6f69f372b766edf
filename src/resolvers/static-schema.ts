import 'reflect-metadata'
import type { GraphQLSchema } from 'graphql'
import { buildSchemaSync, type ContainerType } from 'type-graphql'
import type {
  AccessInsight,
  ApiKeys,
  AuditLog,
  Authenticator,
  Invitations,
  PasswordResets,
  Roles,
  Sessions,
  Shares,
  TokenPasswords,
  UserPasswords,
} from '../auth/index.ts'
import type { TicketMerging } from '../domain/index.ts'
import { DefectError } from '../errors/index.ts'
import type { Metadata } from '../records/metadata/index.ts'
import { AccessResolver } from './access.resolver.ts'
import { AccountResolver } from './account.resolver.ts'
import { ApiKeyResolver } from './api-key.resolver.ts'
import { AuditResolver } from './audit.resolver.ts'
import { CommittedWork } from './committed-work.ts'
import type { PluginSteps } from './field-step.ts'
import { CustomFieldLabelResolver, CustomModuleLabelResolver, MetadataResolver, MetadataStateResolver } from './metadata.resolver.ts'
import {
  FieldLabelResolver,
  FieldOptionLabelResolver,
  FieldReferenceLabelResolver,
  ModuleResolver,
  SchemaChangeResolver,
  type SchemaVersion,
} from './module.resolver.ts'
import { PluginResolver } from './plugin.resolver.ts'
import type { PluginAdministration } from './plugin-administration.ts'
import { RoleResolver } from './role.resolver.ts'
import { RoleSchemaResolver, type SchemaText } from './role-schema.resolver.ts'
import { SessionResolver } from './session.resolver.ts'
import { ShareResolver } from './share.resolver.ts'
import { NO_PUB_SUB, putSources } from './subscription-sources.ts'
import { TicketResolver } from './ticket.resolver.ts'
import { UserResolver } from './user.resolver.ts'

/** What hand-written operations call. */
export interface StaticServices {
  readonly authenticator: Authenticator
  readonly sessions: Sessions
  readonly apiKeys: ApiKeys
  readonly passwords: UserPasswords
  readonly passwordResets: PasswordResets
  readonly tokenPasswords: TokenPasswords
  readonly invitations: Invitations
  readonly roles: Roles
  readonly shares: Shares
  readonly access: AccessInsight
  readonly metadata: Metadata
  readonly auditLog: AuditLog
  readonly ticketMerging: TicketMerging
  readonly plugins: PluginAdministration
  readonly steps: PluginSteps
  readonly schemaText: SchemaText
  /** Versions of the schema as this process comes to serve them; a slow reader gets the latest. */
  readonly schemaChanges: () => AsyncIterableIterator<SchemaVersion>
}

/**
 * The hand-written part of the schema, without its rules (`applyShield`). Record types in it are tokens that the schema builder replaces.
 * Resolvers are made here, once, with their services; validation is the services' work, so TypeGraphQL's is off.
 */
export function buildStaticSchema(services: StaticServices): GraphQLSchema {
  const { authenticator, sessions, apiKeys, passwords, passwordResets, tokenPasswords, invitations, roles, shares, access } = services
  const { metadata, auditLog, ticketMerging, plugins, steps, schemaText, schemaChanges } = services
  const work = new CommittedWork()
  const instances: readonly object[] = [
    new SessionResolver(sessions, authenticator, work),
    new ApiKeyResolver(apiKeys, work),
    new AccountResolver(passwordResets, tokenPasswords, invitations, work),
    new RoleResolver(roles, work),
    new ShareResolver(shares, work),
    new TicketResolver(ticketMerging, work),
    new UserResolver(roles, passwords, authenticator, work),
    new ModuleResolver(steps),
    new SchemaChangeResolver(),
    new FieldLabelResolver(),
    new FieldOptionLabelResolver(),
    new FieldReferenceLabelResolver(),
    new AccessResolver(access),
    new RoleSchemaResolver(access, schemaText, steps),
    new AuditResolver(auditLog),
    new MetadataResolver(metadata, work),
    new MetadataStateResolver(metadata, work),
    new CustomFieldLabelResolver(),
    new CustomModuleLabelResolver(),
    new PluginResolver(plugins, work),
  ]
  const byClass = new Map(instances.map((instance) => [instance.constructor, instance]))
  const container: ContainerType = {
    get: (resolver) => {
      const instance = byClass.get(resolver)
      if (!instance) throw new DefectError(`no instance of the resolver ${resolver?.name}`)
      return instance
    },
  }
  const [first, ...others] = [...byClass.keys()]
  if (!first) throw new DefectError('no resolvers')
  const schema = buildSchemaSync({ resolvers: [first, ...others], container, validate: false, pubSub: NO_PUB_SUB })
  putSources(schema, { schemaChanged: () => schemaChanges() })
  return schema
}
