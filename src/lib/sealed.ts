import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** A key of 32 bytes; its id, 12 ASCII characters, stands before what it has sealed. */
export interface SealingKey {
  readonly id: string
  readonly secret: Uint8Array
}

const CIPHER = 'aes-256-gcm'
const [ID, IV, TAG] = [12, 12, 16]

/** Encrypts a text by a key (AES-256-GCM, NIST SP 800-38D). It opens only where the same `context` is given: it cannot be moved elsewhere. */
export function seal(text: string, { id, secret }: SealingKey, context: string): Buffer {
  const iv = randomBytes(IV)
  const cipher = createCipheriv(CIPHER, secret, iv).setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from(id, 'latin1'), iv, cipher.getAuthTag(), sealed])
}

/** The text; null where none of the keys has sealed it, or it is not what was sealed. */
export function unseal(sealed: Buffer, keys: readonly SealingKey[], context: string): string | null {
  const id = sealed.subarray(0, ID).toString('latin1')
  const key = keys.find((each) => each.id === id)
  if (!key || sealed.length < ID + IV + TAG) return null
  const decipher = createDecipheriv(CIPHER, key.secret, sealed.subarray(ID, ID + IV), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(ID + IV, ID + IV + TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ID + IV + TAG)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
