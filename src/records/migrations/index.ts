import { Functions0000000000001 } from './0001-functions.ts'
import { Platform0000000000002 } from './0002-platform.ts'
import { Modules0000000000003 } from './0003-modules.ts'
import { Access0000000000004 } from './0004-access.ts'
import { Seed0000000000005 } from './0005-seed.ts'
import { AccessEpoch0000000000006 } from './0006-access-epoch.ts'
import { RunTimeFields0000000000007 } from './0007-run-time-fields.ts'
import { FormulaFunctions0000000000008 } from './0008-formula-functions.ts'
import { PermanentTargets0000000000009 } from './0009-permanent-targets.ts'
import { Stamper0000000000010 } from './0010-stamper.ts'
import { AuditColumns0000000000011 } from './0011-audit-columns.ts'
import { Roles0000000000012 } from './0012-roles.ts'
import { RecordShares0000000000013 } from './0013-record-shares.ts'
import { Predicates0000000000014 } from './0014-predicates.ts'
import { ScopedLists0000000000015 } from './0015-scoped-lists.ts'
import { OutboxFloor0000000000016 } from './0016-outbox-floor.ts'
import { DueReminders0000000000017 } from './0017-due-reminders.ts'
import { ServiceDesk0000000000018 } from './0018-service-desk.ts'
import { Deliveries0000000000019 } from './0019-deliveries.ts'
import { Timers0000000000020 } from './0020-timers.ts'
import { Plugins0000000000021 } from './0021-plugins.ts'
import { MadeByKey0000000000022 } from './0022-made-by-key.ts'
import { Identity0000000000023 } from './0023-identity.ts'
import { PluginSteps0000000000024 } from './0024-plugin-steps.ts'

/** All migrations in order. Append; never edit or reorder what has been released. */
export const migrations = [
  Functions0000000000001,
  Platform0000000000002,
  Modules0000000000003,
  Access0000000000004,
  Seed0000000000005,
  AccessEpoch0000000000006,
  RunTimeFields0000000000007,
  FormulaFunctions0000000000008,
  PermanentTargets0000000000009,
  Stamper0000000000010,
  AuditColumns0000000000011,
  Roles0000000000012,
  RecordShares0000000000013,
  Predicates0000000000014,
  ScopedLists0000000000015,
  OutboxFloor0000000000016,
  DueReminders0000000000017,
  ServiceDesk0000000000018,
  Deliveries0000000000019,
  Timers0000000000020,
  Plugins0000000000021,
  MadeByKey0000000000022,
  Identity0000000000023,
  PluginSteps0000000000024,
]
