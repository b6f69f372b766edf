import type { ModuleDefinition } from '../records/registry/definition.ts'
import type { RecordImage } from '../records/write/index.ts'

/** Fields of a reminder that tell of the one time alone. */
const OF_ONE_TIME: ReadonlySet<string> = new Set(['dueAt', 'state', 'series', 'basis', 'snoozeCount', 'acknowledgedAt', 'acknowledgedBy'])

/** System fields that a copy has too. */
const COPIED: ReadonlySet<string> = new Set(['owner', 'team', 'tags', 'source'])

/** What a further reminder of a series has of the one before, custom fields too, in input forms. What must be unique, or is no longer offered, stays behind. */
export function copiedFields(module: ModuleDefinition, image: RecordImage): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const field of module.storedFields) {
    const value = image[field.name] ?? null
    if (value === null || OF_ONE_TIME.has(field.name) || field.unique || field.type === 'AUTO_NUMBER') continue
    if ((field.options ?? []).some((option) => option.retired && [value].flat().includes(option.value))) continue
    if (field.system ? !COPIED.has(field.name) : field.readOnly) continue
    values[field.name] = field.type === 'PHONE' ? (value as { raw: string }).raw : field.type === 'DURATION' ? Number(value) : value
  }
  return values
}
