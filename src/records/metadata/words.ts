/** `An INTEGER`, `A USER`: the name of a field type at the beginning of a sentence. */
export function aType(type: string): string {
  return `${/^[AEIO]/.test(type) ? 'An' : 'A'} ${type}`
}
