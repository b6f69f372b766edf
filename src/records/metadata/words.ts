import { type Message, say } from '../../errors/index.ts'
/** `An INTEGER`, `A USER`: the name of a field type at the beginning of a sentence. */
export function aType(type: string): Message {
  return /^[AEIO]/.test(type) ? say`An ${type}` : say`A ${type}`
}
