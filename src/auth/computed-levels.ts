import { isGenerated } from '../entities/columns.ts'
import { isComputed } from '../entities/value-type.ts'
import { intersected } from '../records/access/admissions.ts'
import type { Admission, FieldLevel, ModuleAccess } from '../records/access/policy.ts'
import { fieldLevel, isAllowed } from '../records/access/secured.ts'
import type { FieldDefinition, Registry } from '../records/registry/definition.ts'

type Modules = ReadonlyMap<string, ModuleAccess>

/**
 * Levels of FORMULA, ROLLUP and generated fields, once those of all others are known: nobody reads by computing what he may not read. Such a field is HIDDEN
 * where any field behind it is hidden or masked (a part of a value tells the rest), or records that it rolls up are of a module that cannot be read;
 * else its own level holds, without writing. Of formulas and rollups, levels that hold on some records only do not count, neither their own nor those behind them; a generated field, whose
 * sources stand in the same row, is shown on the records that show all of them.
 */
export function limitComputed(modules: Modules, registry: Registry): Modules {
  return new Map(
    [...modules].map(([name, access]) => {
      const computed = [...registry.module(name).fields.values()].filter((field) => isComputed(field) || isGenerated(field))
      if (computed.length === 0) return [name, access]
      const levels = computed.map((field) => [field.name, computedLevel(field, modules, registry)] as const)
      const partial = new Map([...access.partial].filter(([field]) => !computed.some((each) => each.name === field)))
      for (const field of computed) {
        const read = isGenerated(field) && !levels.some(([each, level]) => each === field.name && level !== 'HIDDEN') ? generatedRows(field, access) : []
        if (read.length > 0) partial.set(field.name, Object.freeze({ read }))
      }
      return [name, Object.freeze({ ...access, fields: new Map([...access.fields, ...levels]), partial })]
    }),
  )
}

function computedLevel(field: FieldDefinition, modules: Modules, registry: Registry): FieldLevel {
  const behind = field.inputs.map((place) => registry.module(place.module).fields.get(place.field) as FieldDefinition)
  const isKnown = ({ module, name }: FieldDefinition) => ['READ', 'WRITE'].includes(fieldLevel({ modules }, module, name))
  const isCounted = ({ rollup }: FieldDefinition) => rollup === undefined || isAllowed(registry.module(rollup.module), 'READ', { modules }, registry)
  if (!behind.every(isKnown) || ![field, ...behind].every(isCounted)) return 'HIDDEN'
  const own = fieldLevel({ modules }, field.module, field.name)
  return own === 'WRITE' ? 'READ' : own
}

/** Records on which the field itself and all that it is generated from are shown whole; none where one of them is nowhere. */
function generatedRows({ name, inputs }: FieldDefinition, { fields, partial }: ModuleAccess): readonly Admission[] {
  let rows: readonly Admission[] = [{ scope: 'ALL' }]
  for (const field of [name, ...inputs.map((place) => place.field)]) {
    if (['READ', 'WRITE'].includes(fields.get(field) ?? 'HIDDEN')) continue
    rows = intersected(rows, partial.get(field)?.read ?? [])
  }
  return rows
}
