import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import { prepareDataDir } from './data-dir.ts'
import { privateFile } from './private-file.ts'

/** A key made of a secret for one purpose. Its id does not tell the secret and changes with it. */
export interface DerivedKey {
  readonly id: string
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/** The secrets of GUANXI_SECRET, or the one that is generated under DATA_DIR at the first start. */
export function readSecrets({ secrets, dataDir }: Pick<Config, 'secrets' | 'dataDir'>): readonly string[] {
  if (secrets.length > 0) return secrets
  prepareDataDir(dataDir)
  return [privateFile(join(dataDir, 'secret'), () => randomBytes(48).toString('base64url')).value]
}

/** Keys for a purpose (`access tokens`), one for each secret in the same order, by HKDF-SHA-256: one secret serves many purposes. */
export function deriveKeys(secrets: readonly string[], purpose: string): readonly DerivedKey[] {
  return secrets.map((secret) => {
    const key = new Uint8Array(hkdfSync('sha256', secret, 'guanxi', purpose, 32))
    return { id: createHash('sha256').update(`key id\0${purpose}\0`).update(key).digest('base64url').slice(0, 12), secret: key }
  })
}
