import type { FieldType } from '../../entities/metadata.ts'
import { type Issue, listed, type Message, say } from '../../errors/index.ts'
import type { FieldDefinition } from '../registry/index.ts'
import type { ValueDefaults } from '../write/values.ts'
import { defineFormula, defineRequiredWhen, defineRollup } from './check-computed.ts'
import { defineOptions, defineTransitions } from './check-options.ts'
import { defineAcyclic, defineReference } from './check-reference.ts'
import { defineDefault, defined, defineLimits, defineNumbering, defineSensitivity } from './check-values.ts'
import type { FieldInput } from './field-input.ts'
import { humanised, localizedText } from './localized.ts'
import type { FieldParameters, IndexKind, StoredField } from './stored.ts'
import { aType } from './words.ts'
import type { Workspace } from './workspace.ts'

type Path = readonly (string | number)[]

const UNIQUE: ReadonlySet<FieldType> = new Set(['TEXT', 'EMAIL', 'INTEGER', 'AUTO_NUMBER'])
const NOT_INDEXED: ReadonlySet<FieldType> = new Set(['LONG_TEXT', 'JSON', 'ADDRESS', 'GEO', 'REFERENCES', 'ROLLUP'])
const SEARCHABLE: ReadonlySet<FieldType> = new Set(['TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER'])
/** An index entry must fit a third of a page; this many characters of any script do. */
export const LONGEST_KEY = 600
const COMPUTED: ReadonlySet<FieldType> = new Set(['FORMULA', 'ROLLUP'])

/** Where a field is defined: the module's number and name, which may be new, and everything else that is there. */
export interface FieldSite {
  readonly workspace: Workspace
  readonly module: { readonly name: string; readonly number: number }
  /** What a default that names neither currency nor country means. */
  readonly values: ValueDefaults
}

export type DefinedField = Pick<StoredField, 'label' | 'parameters'>

/**
 * Label and parameters of a field, made and checked from its description. `before` is what stands so far, where there is something. Adds issues
 * under `path`; what it answers counts only if there are none. Throws DUPLICATE where the other side of a reference is taken.
 */
export function defineField(input: FieldInput, site: FieldSite, path: Path, issues: Issue[], before?: StoredField): DefinedField {
  const { workspace, module } = site
  const { type } = input
  const refuse = (member: string, code: string, message: Message) => void issues.push({ path: [...path, member], code, message })
  const label = localizedText(input.label, input.labels, 200, path, 'label', issues) ?? before?.label ?? { en: humanised(input.name) }
  const options = defineOptions(input, before?.parameters.options ?? [], path, issues)
  const limits = defineLimits(input, path, issues)
  const unique = input.unique === true
  const indexed = input.indexed === true
  const tooLong = ((limits.maxLength as number | undefined) ?? (type === 'URL' ? 2048 : 500)) > LONGEST_KEY
  if (unique && !UNIQUE.has(type)) refuse('unique', 'NOT_APPLICABLE', say`${aType(type)} cannot be unique; ${listed([...UNIQUE])} can.`)
  else if (indexed && NOT_INDEXED.has(type)) refuse('indexed', 'NOT_APPLICABLE', say`${aType(type)} cannot be indexed.`)
  else if ((unique || indexed) && (type === 'TEXT' || type === 'URL') && tooLong)
    refuse(
      'maxLength',
      'TOO_LONG',
      say`A field that is ${unique ? say`unique` : say`indexed`} may have ${LONGEST_KEY} characters: set maxLength to that or less.`,
    )
  if (input.searchable === true && !SEARCHABLE.has(type))
    refuse('searchable', 'NOT_APPLICABLE', say`${aType(type)} is not searched; ${listed([...SEARCHABLE])} are.`)
  if (input.required === true && COMPUTED.has(type)) refuse('required', 'NOT_APPLICABLE', say`${aType(type)} is computed and never demanded.`)
  else if (input.required === true && input.default == null && workspace.registry.modules.get(module.name)?.systemMade)
    refuse(
      'required',
      'NEEDS_DEFAULT',
      say`Records of ${module.name} are made by the system, too, which knows no value: a field that is demanded there needs a default.`,
    )
  const reference = defineReference(input, module, workspace.registry, path, issues, before?.parameters.reference)
  if (input.readOnly === true && (type === 'MONEY' || type === 'REFERENCES' || type === 'AUTO_NUMBER' || COMPUTED.has(type)))
    refuse('readOnly', 'NOT_APPLICABLE', say`${aType(type)} cannot be read-only.`)
  const parameters = defined<FieldParameters>({
    help: localizedText(input.help, input.helps, 1000, path, 'help', issues),
    required: input.required === true || undefined,
    requiredWhen: defineRequiredWhen(input, site, path, issues, before),
    readOnly: input.readOnly === true || undefined,
    unique: unique || undefined,
    indexed: indexed || undefined,
    searchable: (input.searchable === true && SEARCHABLE.has(type)) || undefined,
    sensitivity: defineSensitivity(input, path, issues),
    options,
    transitions: defineTransitions(input, options, path, issues),
    reference: reference && { ...reference, ...defineAcyclic(input, module, path, issues, before?.parameters.reference) },
    ...limits,
    numbering: defineNumbering(input, before === undefined, path, issues),
    formula: defineFormula(input, site, path, issues),
    rollup: defineRollup(input, site, path, issues),
  })
  const plain: FieldDefinition = { ...parameters, ...NO_PLACE, name: input.name, type, label, module: module.name }
  return { label, parameters: defined({ ...parameters, default: defineDefault(input, plain, site.values, path, issues) }) }
}

const NO_PLACE = { id: '', column: '', custom: true, system: false, inputs: [] } as const

/** The indexes that a field with these parameters asks for. */
export function wantedIndexes(type: FieldType, { unique, indexed, searchable }: FieldParameters): IndexKind[] {
  const kinds: IndexKind[] = []
  if (unique || type === 'AUTO_NUMBER') kinds.push(unique ? 'unique' : 'order')
  else if (indexed) kinds.push('order')
  if (searchable) kinds.push('search')
  if (type === 'REFERENCE' || type === 'USER') return [...kinds.filter((kind) => kind !== 'order'), 'reference']
  return kinds
}
