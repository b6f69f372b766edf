import { AuditEntry, ChangeSetRow, OutboxEvent, RecordHistory } from './change.entity.ts'
import { CustomField, CustomIndex, CustomModule, CustomSlot, FieldUsage } from './custom.entity.ts'
import { ApiKey, OneTimeToken, RefreshToken, Session, UserCredential } from './identity.entity.ts'
import { ProcessNode } from './node.entity.ts'
import { AssignmentRotation, AssignmentTurn, AutoNumberSeries, Epoch, ExternalId, IdempotencyRecord, SchemaVersion, Setting } from './platform.entity.ts'
import { Plugin, PluginMigration, PluginTimetable } from './plugin.entity.ts'
import { GrantUse, Role, RoleField, RoleGrant, RoleInherit, TeamMember, UserRole } from './role.entity.ts'
import { RecordShare } from './share.entity.ts'
import { WorkerHeartbeat } from './worker.entity.ts'

/** Tables that are no modules: nothing of them is reached by record operations. */
export const platformEntities = Object.freeze([
  ApiKey,
  AssignmentRotation,
  AssignmentTurn,
  AuditEntry,
  AutoNumberSeries,
  ChangeSetRow,
  CustomField,
  CustomIndex,
  CustomModule,
  CustomSlot,
  Epoch,
  ExternalId,
  FieldUsage,
  GrantUse,
  IdempotencyRecord,
  OneTimeToken,
  OutboxEvent,
  Plugin,
  PluginMigration,
  PluginTimetable,
  ProcessNode,
  RecordHistory,
  RecordShare,
  RefreshToken,
  Role,
  RoleField,
  RoleGrant,
  RoleInherit,
  SchemaVersion,
  Session,
  Setting,
  TeamMember,
  UserCredential,
  UserRole,
  WorkerHeartbeat,
])
