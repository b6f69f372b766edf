const LONE_SURROGATE = /\p{Surrogate}/u

/** What PostgreSQL (NUL) or UTF-8 (a lone surrogate) cannot hold; null where the text can be stored as it is. */
export function unstorable(text: string): 'NUL' | 'SURROGATE' | null {
  if (text.includes('\0')) return 'NUL'
  return LONE_SURROGATE.test(text) ? 'SURROGATE' : null
}

const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]*$/u

/** Shows nothing: without characters, or of white space, control characters and characters without a width alone. */
export function isBlank(text: string): boolean {
  return BLANK.test(text)
}

/** Length in code points, the unit of every `maxLength`. */
export function codePoints(text: string): number {
  let count = text.length
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count -= 1
      index += 1
    }
  }
  return count
}
