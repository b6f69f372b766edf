import type { z } from 'zod'

/** What stands in the place of a value that is not shown. */
const HIDDEN = Symbol('hidden')

/** The settings without members whose schema says that they are secret, wherever in them that is said. */
export function shownSettings(schema: z.ZodObject | undefined, settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!schema) return settings
  const shown = shownOf(schema, settings)
  return shown === HIDDEN ? {} : (shown as Readonly<Record<string, unknown>>)
}

/** The parts of a schema's definition that lead to other schemas, of whatever kind it is. */
interface Parts {
  /** Of what makes a value optional, gives it a default, or the like. */
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly out?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly left?: z.ZodType
  readonly right?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly catchall?: z.ZodType
  readonly element?: z.ZodType
  readonly items?: readonly z.ZodType[]
  readonly rest?: z.ZodType | null
  readonly valueType?: z.ZodType
}

function shownOf(schema: z.ZodType, value: unknown): unknown {
  if (schema.meta()?.['secret'] === true) return HIDDEN
  const parts = schema.def as Parts
  // Around the same value: all of them have a say.
  const around = [parts.innerType, parts.in, parts.out, parts.left, parts.right, ...(parts.options ?? [])]
  let shown = value
  for (const each of around) if (each && shown !== HIDDEN) shown = shownOf(each, shown)
  if (shown === HIDDEN || typeof shown !== 'object' || shown === null) return shown
  if (Array.isArray(shown)) {
    const { element, items = [], rest } = parts
    return shown.flatMap((item, index) => {
      const of = element ?? items[index] ?? rest
      const kept = of ? shownOf(of, item) : item
      return kept === HIDDEN ? [] : [kept]
    })
  }
  const members = Object.entries(shown).flatMap(([name, member]) => {
    const of = parts.shape && Object.hasOwn(parts.shape, name) ? parts.shape[name] : (parts.catchall ?? parts.valueType)
    const kept = of ? shownOf(of, member) : member
    return kept === HIDDEN ? [] : [[name, kept] as const]
  })
  return Object.fromEntries(members)
}
