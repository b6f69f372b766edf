import type { FieldDefinition, InverseRelation, ModuleDefinition } from '../../records/registry/definition.ts'

/** Options that a description lists; longer lists are metadata's business. */
const LISTED_OPTIONS = 30

/** Label and help of a field as one text, with what its type alone does not tell: unit, options. */
export function describeField(field: FieldDefinition): string {
  const parts = [sentence(field.label.en)]
  if (field.help) parts.push(sentence(field.help.en))
  if (field.type === 'DURATION') parts.push('In seconds.')
  if (field.type === 'PERCENT') parts.push('As a fraction: 0.15 is 15 %.')
  const options = field.options?.filter((option) => !option.retired) ?? []
  if (options.length > 0 && options.length <= LISTED_OPTIONS) parts.push(`One of: ${options.map((option) => option.value).join(', ')}.`)
  return parts.join(' ')
}

/** `describeField` with a memory, for one build. */
export function fieldDescriber(): (field: FieldDefinition) => string {
  const known = new Map<FieldDefinition, string>()
  return (field) => {
    const text = known.get(field) ?? describeField(field)
    known.set(field, text)
    return text
  }
}

/** The module's label, for use inside a sentence. */
export function moduleLabel(module: ModuleDefinition): string {
  return module.label.en
}

export function describeModule(module: ModuleDefinition): string {
  return sentence(module.label.en)
}

/** The label of the other side where the reference names one, else the listed module's. */
export function describeInverse(relation: InverseRelation, listed: ModuleDefinition): string {
  const label = listed.fields.get(relation.field)?.reference?.inverseLabel ?? listed.pluralLabel
  return sentence(label.en)
}

function sentence(text: string): string {
  return /[.!?。！？]$/.test(text) ? text : `${text}.`
}
