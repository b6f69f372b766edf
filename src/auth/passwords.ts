import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { say, validationFailed } from '../errors/index.ts'
import { createHashQueue } from './hash-queue.ts'

/** Cost of argon2id: memory in KiB, passes, lanes. Stored with each hash, so that it can rise later. */
export interface HashParameters {
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
}

/** OWASP's minimum for argon2id. */
export const HASH_PARAMETERS: HashParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Length of a password in code points. The upper bound keeps a megabyte of password from being hashed. */
export const PASSWORD_LENGTH = { minimum: 8, maximum: 1024 } as const

export interface PasswordHasher {
  /** PHC string of a new password. */
  hash(password: string): Promise<string>
  /**
   * Compares with a stored hash. `null` (no such user, no password) costs the same one hash and never matches, so that times
   * tell nothing. `rehash` is a new hash to store when the stored one is cheaper than today's parameters.
   */
  verify(stored: string | null, password: string): Promise<{ readonly matches: boolean; readonly rehash: string | null }>
}

export interface PasswordHasherOptions {
  /** Hashes at once. */
  readonly concurrency?: number
  /** Hashes that may wait; beyond them RATE_LIMITED. */
  readonly waiting?: number
  readonly parameters?: HashParameters
}

/** argon2id is the library's default algorithm; naming its const enum would need `isolatedModules` off. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { concurrency = 2, waiting = 64, parameters = HASH_PARAMETERS } = options
  const queue = createHashQueue(concurrency, waiting)
  const decoy = phc(parameters, randomBytes(16), randomBytes(32))
  const hashNow = (password: string) => hash(normalized(password), { ...parameters })

  return {
    hash: (password) => queue.run(() => hashNow(password)),
    verify: (stored, password) =>
      queue.run(async () => {
        // A password that no one can have set is compared in its cut form, so that its length does not buy CPU time.
        const plausible = password.length <= 2 * PASSWORD_LENGTH.maximum
        const matches = await verify(stored ?? decoy, normalized(plausible ? password : ''))
        if (!matches || !plausible || stored === null) return { matches: false, rehash: null }
        return { matches: true, rehash: isCheaper(stored, parameters) ? await hashNow(password) : null }
      }),
  }
}

/** Throws VALIDATION_FAILED, with the given path, for a password outside PASSWORD_LENGTH. */
export function checkNewPassword(password: string, path: readonly (string | number)[]): void {
  const length = [...password].length
  if (length >= PASSWORD_LENGTH.minimum && length <= PASSWORD_LENGTH.maximum) return
  throw validationFailed([
    { path, code: 'LENGTH', message: say`A password has ${PASSWORD_LENGTH.minimum} to ${PASSWORD_LENGTH.maximum} characters; this one has ${length}.` },
  ])
}

/** The same password typed on another keyboard or system may arrive in another Unicode form (NIST SP 800-63B §5.1.1.2). */
function normalized(password: string): string {
  return password.normalize('NFKC')
}

function phc({ memoryCost, timeCost, parallelism }: HashParameters, salt: Buffer, digest: Buffer): string {
  const encode = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${encode(salt)}$${encode(digest)}`
}

function isCheaper(stored: string, parameters: HashParameters): boolean {
  const [, memory, time] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored) ?? []
  return memory === undefined || Number(memory) < parameters.memoryCost || Number(time) < parameters.timeCost
}
