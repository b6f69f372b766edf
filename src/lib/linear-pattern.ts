import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'

/** Compiled patterns; one for each field that has one, so that only patterns which nobody uses any more are dropped. */
const COMPILED = new LRUCache<string, RE2JS>({ max: 1000 })

/**
 * The text matches the pattern somewhere. The engine needs time in proportion to the text, whatever the pattern: it may come from users. Throws
 * RE2JSSyntaxException for what is no pattern in RE2 syntax.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compiled(pattern).matcher(text).find()
}

function compiled(pattern: string): RE2JS {
  const known = COMPILED.get(pattern)
  if (known) return known
  const made = RE2JS.compile(pattern)
  COMPILED.set(pattern, made)
  return made
}
