export { type CheckpointKey, checkpointKey } from './checkpoint.ts'
export { checkpointDaily, type Run, stampAudit } from './stamp-audit.ts'
export { type AuditVerdict, verifyAudit } from './verify-audit.ts'
export { type AuditActor, type AuditEntry, type AuditOrigin, actorOf, writeEntries } from './write-entries.ts'
