import { fieldKey, moduleKey, moduleOfKey } from '../auth/index.ts'
import { say } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import { fieldLevel, isAllowed } from '../records/access/secured.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { fieldNamed } from '../records/registry/index.ts'
import type { ModuleRule, PendingChange, RuleContext } from '../records/write/index.ts'

/** The rule tells the owner of the record. */
export const OWNER = 'owner'

/** Reminders of reminders would never come to an end. */
const NEVER: ReadonlySet<string> = new Set(['reminder', 'timer', 'reminderRule'])

const DATES: ReadonlySet<string> = new Set(['DATE', 'DATETIME'])

/** Module and fields of a reminder rule are given by name or key, and kept by key. Whoever makes a rule reads what it goes by. */
export const reminderRuleRule: ModuleRule = {
  module: 'reminderRule',
  before(changes, context) {
    for (const change of changes) {
      if (change.operation !== 'CREATED' && change.operation !== 'UPDATED') continue
      if (['module', 'field', 'recipient'].some((name) => change.changes(name))) resolve(change, context)
    }
  },
}

function resolve(change: PendingChange, { registry, principal }: RuleContext): void {
  const [name, fieldName, recipient] = ['module', 'field', 'recipient'].map((each) => change.after[each]) as [string, string, string]
  const module = registry.modules.get(name) ?? moduleOfKey(name, registry)
  if (!module || !isAllowed(module, 'READ', principal.policy, registry)) {
    change.refuse('module', 'NOT_FOUND', say`module: there is no module named ${JSON.stringify(name)}, or you cannot read it.`)
    return
  }
  if (NEVER.has(module.name)) change.refuse('module', 'NOT_APPLICABLE', say`module: there are no reminders of ${module.pluralName}.`)
  change.set('module', moduleKey(module))
  const field = readableField(module, fieldName, principal)
  if (!field || !isDate(field))
    change.refuse('field', 'NOT_FOUND', say`field: ${module.name} has no DATE or DATETIME named ${JSON.stringify(fieldName)} that you can read.`)
  else change.set('field', fieldKey(module, field))
  if (recipient === OWNER) return
  const user = readableField(module, recipient, principal)
  if (user?.type !== 'USER')
    change.refuse(
      'recipient',
      'NOT_FOUND',
      say`recipient must be "owner" or a USER field of ${module.name} that you can read; there is no ${JSON.stringify(recipient)}.`,
    )
  else change.set('recipient', fieldKey(module, user))
}

function readableField(module: ModuleDefinition, name: string, { policy }: Principal): FieldDefinition | undefined {
  const field = fieldNamed(module, name) ?? fieldOfKey(module, name)
  const level = field && fieldLevel(policy, module.name, field.name)
  return level === 'READ' || level === 'WRITE' ? field : undefined
}

function fieldOfKey(module: ModuleDefinition, key: string): FieldDefinition | undefined {
  return [...module.fields.values()].find((field) => fieldKey(module, field) === key)
}

function isDate({ type, rollup, formula }: FieldDefinition): boolean {
  return DATES.has(type) && rollup === undefined && formula === undefined
}

/** A reminder rule as its row has it. */
export interface StoredReminderRule {
  readonly id: string
  readonly module: string
  readonly field: string
  readonly offsetDays: number
  readonly offsetMinutes: number
  readonly at: string | null
  readonly yearly: boolean
  readonly leapDay: string
  readonly recipient: string
  readonly subject: string
}

/** A rule with what it goes by in the registry of now. */
export interface ReminderRuleSource extends StoredReminderRule {
  readonly source: ModuleDefinition
  readonly date: FieldDefinition
  readonly receiver: FieldDefinition
}

/** Null for a rule whose module or fields are gone, or have another type. */
export function sourceOf(rule: StoredReminderRule, registry: Registry): ReminderRuleSource | null {
  const source = moduleOfKey(rule.module, registry)
  const date = source && fieldOfKey(source, rule.field)
  const receiver = source && (rule.recipient === OWNER ? source.fields.get(OWNER) : fieldOfKey(source, rule.recipient))
  if (!source || !date || !isDate(date) || receiver?.type !== 'USER') return null
  return { ...rule, source, date, receiver }
}
