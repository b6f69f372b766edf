import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** The chain as it stood at a moment, signed: what is rewritten later does not fit it any more. */
export interface Checkpoint {
  readonly position: bigint
  readonly at: Date
  readonly digest: Buffer
}

export interface SignedCheckpoint extends Checkpoint {
  readonly keyId: string
  readonly signature: Buffer
}

export interface CheckpointKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** An Ed25519 private key in PKCS #8 is this and its 32 bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 key of a 32-byte secret. Its public half can be given to auditors, who then need nothing of the installation's secrets. */
export function checkpointKey({ id, secret }: { readonly id: string; readonly secret: Uint8Array }): CheckpointKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' })
  return { id, privateKey, publicKey: createPublicKey(privateKey) }
}

export function signCheckpoint(checkpoint: Checkpoint, key: CheckpointKey): SignedCheckpoint {
  return { ...checkpoint, keyId: key.id, signature: sign(null, messageOf(checkpoint), key.privateKey) }
}

export function isGenuine(checkpoint: SignedCheckpoint, key: CheckpointKey): boolean {
  return verify(null, messageOf(checkpoint), key.publicKey, checkpoint.signature)
}

function messageOf({ position, at, digest }: Checkpoint): Buffer {
  return Buffer.from(`guanxi audit checkpoint\n${position}\n${at.toISOString()}\n${digest.toString('hex')}\n`)
}
