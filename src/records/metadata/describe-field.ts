import { printExpression } from '../formula/index.ts'
import { expressionFields, type Registry } from '../registry/index.ts'
import { defined } from './check-values.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { labelInputs } from './localized.ts'
import type { StoredField, StoredModule } from './stored.ts'

/** Names of all fields by their ids, made once for each registry: a description of everything asks for each field's. */
const namesByRegistry = new WeakMap<Registry, ReadonlyMap<string, string>>()

function namesOf(registry: Registry): ReadonlyMap<string, string> {
  const known = namesByRegistry.get(registry)
  if (known) return known
  const names = new Map([...registry.modules.values()].flatMap((module) => [...module.fields.values()].map((each) => [each.id, each.name] as const)))
  namesByRegistry.set(registry, names)
  return names
}

/** A stored field in the form in which administrators describe fields; `defineField` makes the same out of it. */
export function describeField(field: StoredField, registry: Registry): FieldInput {
  const { name, type, label, parameters, position, aliases } = field
  const { help, requiredWhen, formula, rollup, numbering, options, reference, transitions, ...plain } = parameters
  const names = namesOf(registry)
  // One over a field that nobody sees cannot be written down, and asks for nothing.
  const condition = requiredWhen && expressionFields(requiredWhen).every((id) => names.has(id)) ? requiredWhen : undefined
  const print = (expression: Parameters<typeof printExpression>[0]) => printExpression(expression, (id) => names.get(id))
  return defined<FieldInput>({
    name,
    type,
    labels: labelInputs(label),
    ...(help && { helps: labelInputs(help) }),
    ...(aliases.length > 0 && { aliases }),
    position,
    ...plain,
    searchable: parameters.searchable === true,
    ...(condition && { requiredWhen: print(condition) }),
    ...(formula && { formula: print(formula.expression) }),
    ...(rollup && {
      rollup: defined({
        relation: relationName(field, registry),
        function: rollup.function,
        field: rollup.field === undefined ? undefined : names.get(rollup.field),
        filter: rollup.filter && print(rollup.filter),
      }),
    }),
    ...(numbering && { numbering }),
    ...(options && { options: options.map(({ label: text, ...option }) => ({ ...option, labels: labelInputs(text) })) }),
    ...(transitions && { transitions }),
    ...(reference && {
      reference: defined({
        module: reference.module,
        inverseName: reference.inverseName,
        inverseLabels: labelInputs(reference.inverseLabel),
        onDelete: reference.onDelete,
        acyclic: reference.acyclic,
      }),
    }),
  })
}

/** Name of the list that a rollup goes over, as it is called on the module that holds the rollup. */
function relationName({ moduleNumber, parameters }: StoredField, registry: Registry): string {
  const via = parameters.rollup?.via
  const module = registry.byNumber.get(moduleNumber)
  const idOf = (moduleName: string, field: string) => registry.modules.get(moduleName)?.fields.get(field)?.id
  if (parameters.rollup?.reverse) return [...(module?.inverses.values() ?? [])].find((inverse) => idOf(inverse.module, inverse.field) === via)?.name ?? ''
  return [...(module?.fields.values() ?? [])].find(({ id }) => id === via)?.name ?? ''
}

/** A custom module without its fields. */
export function describeModule(module: StoredModule): Omit<ModuleInput, 'fields'> {
  const { name, pluralName, label, pluralLabel, kind, nameField, position, accessParent } = module
  const plain = { name, pluralName, labels: labelInputs(label), pluralLabels: labelInputs(pluralLabel), kind, nameField, position }
  return { ...plain, ...(accessParent !== null && { accessParent }) }
}
