import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a secret with 256 random bits; no slow hash is needed for what cannot be guessed. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** 256 random bits as 43 characters of base64url. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares digests in a time that does not depend on where they differ. */
export function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
