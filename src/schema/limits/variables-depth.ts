import { GuanxiError, say } from '../../errors/index.ts'

/** Levels of lists and objects in variables; coercion walks them by recursion. */
export const MAX_VARIABLES_DEPTH = 100

/** Throws LIMIT_EXCEEDED for variables that nest deeper. Walks without recursion, so that no depth exhausts the stack. */
export function checkVariablesDepth(variables: Readonly<Record<string, unknown>>): void {
  let level: object[] = [variables]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_VARIABLES_DEPTH) {
      throw new GuanxiError('LIMIT_EXCEEDED', say`Variables may nest ${MAX_VARIABLES_DEPTH} levels deep.`, { limit: MAX_VARIABLES_DEPTH })
    }
    level = level.flatMap((value) => Object.values(value).filter((member): member is object => typeof member === 'object' && member !== null))
  }
}
