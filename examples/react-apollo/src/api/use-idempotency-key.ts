import { useRef } from 'react'

/** A key for a mutation: the same one for as long as the same is sent, so that who presses the button again after a lost answer does it once. */
export function useIdempotencyKey(): (input: unknown) => { readonly headers: { readonly 'idempotency-key': string } } {
  const last = useRef({ text: '', key: '' })
  return (input) => {
    const text = JSON.stringify(input)
    if (last.current.text !== text) last.current = { text, key: crypto.randomUUID() }
    return { headers: { 'idempotency-key': last.current.key } }
  }
}
