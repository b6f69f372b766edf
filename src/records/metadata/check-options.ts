import type { FieldType, SelectOption, Transition } from '../../entities/metadata.ts'
import { type Issue, type Message, say } from '../../errors/index.ts'
import { codePoints, unstorable } from '../../lib/text-checks.ts'
import type { FieldInput, OptionInput } from './field-input.ts'
import { localizedText } from './localized.ts'
import { aType } from './words.ts'

/** Options that can be chosen. */
const MAX_OPTIONS = 1000
/** Options with the retired ones, which records may still hold. */
const MAX_WITH_RETIRED = 5000
const MAX_VALUE_LENGTH = 100
const COLOR = /^#[0-9a-fA-F]{6}$/

type Path = readonly (string | number)[]

export function hasOptions(type: FieldType): boolean {
  return type === 'SELECT' || type === 'MULTI_SELECT'
}

/**
 * Options in their new order. What `before` had and the new list leaves out is kept behind it as retired, since records may hold it.
 */
export function defineOptions(input: FieldInput, before: readonly SelectOption[], path: Path, issues: Issue[]): readonly SelectOption[] | undefined {
  if (!hasOptions(input.type)) {
    if (input.options != null) issues.push({ path: [...path, 'options'], code: 'NOT_APPLICABLE', message: say`${aType(input.type)} has no options.` })
    return undefined
  }
  const given = input.options ?? []
  if (given.length === 0) issues.push({ path: [...path, 'options'], code: 'REQUIRED', message: say`${aType(input.type)} needs at least one option.` })
  const refuse = (message: Message) => void issues.push({ path: [...path, 'options'], code: 'LIMIT', message })
  const open = given.filter(({ retired }) => retired !== true).length
  if (open > MAX_OPTIONS) return refuse(say`A field may have ${MAX_OPTIONS} options that are not retired; these are ${open}.`)
  const known = new Set(before.map(({ value }) => value))
  const added = given.filter(({ value }) => !known.has(value)).length
  const all = before.length + added
  // What a field has already never stands against another change of it.
  if (added > 0 && all > MAX_WITH_RETIRED)
    return refuse(
      say`With those that are retired the field would have ${all} options; it may have ${MAX_WITH_RETIRED}. Bring retired ones back, or make a new field.`,
    )
  const seen = new Set<string>()
  const options = given.map((option, index) => defineOption(option, seen, [...path, 'options', index], issues))
  return [...options, ...before.filter(({ value }) => !seen.has(value)).map((option) => ({ ...option, retired: true }))]
}

function defineOption({ value, label, labels, color, retired }: OptionInput, seen: Set<string>, path: Path, issues: Issue[]): SelectOption {
  const fail = (member: string, code: string, message: Message) => issues.push({ path: [...path, member], code, message })
  if (value.trim() === '' || unstorable(value) !== null) fail('value', 'TEXT', say`The value of an option is a text that is not blank.`)
  else if (codePoints(value) > MAX_VALUE_LENGTH)
    fail('value', 'TOO_LONG', say`The value of an option may have ${MAX_VALUE_LENGTH} characters; this one has ${codePoints(value)}.`)
  if (seen.has(value)) fail('value', 'REPEATED', say`Two options have the value ${JSON.stringify(value)}.`)
  seen.add(value)
  if (color != null && !COLOR.test(color)) fail('color', 'COLOR', say`A colour is written as #rrggbb.`)
  const text = localizedText(label, labels, 200, path, 'label', issues) ?? { en: value }
  return { value, label: text, ...(color != null && { color: color.toLowerCase() }), ...(retired === true && { retired }) }
}

/** Allowed changes of a SELECT between options, from no value, and to none. */
export function defineTransitions(
  input: FieldInput,
  options: readonly SelectOption[] | undefined,
  path: Path,
  issues: Issue[],
): readonly Transition[] | undefined {
  const { transitions, type } = input
  if (transitions == null || transitions.length === 0) return undefined
  if (type !== 'SELECT') {
    issues.push({ path: [...path, 'transitions'], code: 'NOT_APPLICABLE', message: say`Transitions belong to SELECT fields.` })
    return undefined
  }
  const values = new Set((options ?? []).map(({ value }) => value))
  for (const [index, transition] of transitions.entries()) {
    const place = [...path, 'transitions', index]
    for (const end of ['from', 'to'] as const) {
      const value = transition[end] ?? null
      if (value !== null && !values.has(value))
        issues.push({ path: [...place, end], code: 'OPTION', message: say`${JSON.stringify(value.slice(0, 60))} is none of the field's options.` })
    }
    if ((transition.from ?? null) === null && (transition.to ?? null) === null)
      issues.push({ path: place, code: 'REQUIRED', message: say`A transition leads from a value, to a value, or both: null stands for no value.` })
  }
  return transitions.map(({ from = null, to = null }) => ({ from, to }))
}
