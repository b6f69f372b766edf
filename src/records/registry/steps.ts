import { listed, type Message, say } from '../../errors/index.ts'

/** A step of a SELECT field from one value to another. Null stands for no value. */
export interface Step {
  readonly from: string | null
  readonly to: string | null
}

/** What stands for every value at the beginning of a step, where a plugin says so. In fields of administrators it is an option like any other. */
export const ANYWHERE = '*'

/**
 * What transitions say of a step, of fields of the core, of administrators and of plugins alike: those that allow it; undefined where they have nothing to say. A field goes where a transition
 * leads, and nowhere else. To have no value is no exception, since it could begin anew from there: it is cleared only where a transition leads to null. What may be the first value, on create and
 * from no value, they say only where one of them begins with null; else it is any.
 */
export function stepsBetween<Allowed extends Step>(
  allowed: readonly Allowed[],
  { from, to }: Step,
  anywhere?: typeof ANYWHERE,
): readonly Allowed[] | undefined {
  if (from === null && !allowed.some((each) => each.from === null)) return undefined
  return allowed.filter((each) => each.to === to && (each.from === from || each.from === anywhere))
}

/** Why a step is refused, and which ones there are. `name`: of the field. */
export function refusedStep(name: string, allowed: readonly Step[], { from, to }: Step, anywhere?: typeof ANYWHERE): Message {
  const targets = allowed.filter((each) => each.from === from || each.from === anywhere).map((each) => each.to ?? NO_VALUE)
  const [start, end] = [from ?? NO_VALUE, to ?? NO_VALUE]
  const wayOut = targets.length > 0 ? say`From ${start} it can go to ${listed(targets)}.` : say`Nothing follows ${start}.`
  return from === null ? say`${name} cannot begin with ${end}. ${wayOut}` : say`${name} cannot go from ${start} to ${end}. ${wayOut}`
}

const NO_VALUE = say`no value`
