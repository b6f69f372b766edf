import { randomBytes } from 'node:crypto'
import { randomSecret } from './secret.ts'

/** Parts of an API key `gx_<prefix>_<secret>`: the prefix finds it and may be shown, the secret proves it. */
export interface ApiKeyParts {
  readonly prefix: string
  readonly secret: string
}

const KEY = /^gx_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** Parts of a text that has the form of an API key, else null. */
export function parseApiKey(text: string): ApiKeyParts | null {
  const [, prefix, secret] = KEY.exec(text) ?? []
  return prefix !== undefined && secret !== undefined ? { prefix, secret } : null
}

/** A new key; `text` is what its owner gets to see once. */
export function newApiKey(): ApiKeyParts & { readonly text: string } {
  const prefix = randomBytes(8).toString('hex')
  const secret = randomSecret()
  return { prefix, secret, text: `gx_${prefix}_${secret}` }
}
