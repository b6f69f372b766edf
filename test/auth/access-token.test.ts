import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import { createAccessTokens, type TokenKey } from '../../src/auth/access-token.ts'

const first: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 1) }
const second: TokenKey = { id: 'k2', secret: Buffer.alloc(32, 2) }
const clock = { now: Date.parse('2026-01-01T00:00:00.000Z') }
const make = (keys: readonly TokenKey[], changes: Partial<Parameters<typeof createAccessTokens>[0]> = {}) =>
  createAccessTokens({ issuer: 'guanxi', audience: 'api', keys, lifetime: 900, now: () => new Date(clock.now), ...changes })

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(clock.now / 1000)
const header = { alg: 'HS256', kid: 'k1', typ: 'at+jwt' }
const claims = () => ({ iss: 'guanxi', aud: 'api', sub: 'u', sid: 's', iat: seconds(), exp: seconds() + 900 })

/** A token signed rightly over whatever header and claims. */
function forge(headerPart: unknown, payload: unknown, key: Uint8Array = first.secret, digest = 'sha256'): string {
  const signed = `${encode(headerPart)}.${encode(payload)}`
  return `${signed}.${createHmac(digest, key).update(signed).digest('base64url')}`
}

describe('access tokens', () => {
  const tokens = make([first])

  test('carry user and session until they end, to the second', async () => {
    const { token, expiresAt } = await tokens.issue('u', 's')
    expect(expiresAt.getTime()).toBe(clock.now + 900_000)
    for (let round = 0; round < 2; round += 1) expect(await tokens.verify(token)).toEqual({ userId: 'u', sessionId: 's', expiresAt: clock.now + 900_000 })
    clock.now += 900_000
    expect(await tokens.verify(token)).toBeNull()
    expect(await make([first]).verify(token)).toBeNull()
    clock.now -= 900_000
  })

  test('the forge of this test makes good ones too, so that its refusals mean something', async () => {
    expect(await tokens.verify(forge(header, claims()))).not.toBeNull()
  })

  // A token that names its own algorithm: none, or one by which a public key would be taken for the secret.
  test.each(['none', 'None', 'NONE', 'nOnE', 'HS384', 'HS512', 'RS256', 'ES256', 'PS256', 'EdDSA', '', 'hs256'])('refuse the algorithm %j', async (alg) => {
    expect(await tokens.verify(forge({ ...header, alg }, claims()))).toBeNull()
    expect(await tokens.verify(`${encode({ ...header, alg })}.${encode(claims())}.`)).toBeNull()
  })

  test('refuse a longer digest of the same key', async () => {
    expect(await tokens.verify(forge({ ...header, alg: 'HS512' }, claims(), first.secret, 'sha512'))).toBeNull()
  })

  test('refuse an HMAC by a public key', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    expect(await tokens.verify(forge(header, claims(), Buffer.from(pem)))).toBeNull()
  })

  test.each(['k2', '', '../../dev/null', "k1' OR '1'='1", '__proto__', 'constructor', 0, null, ['k1'], { k1: 1 }])('refuse the key id %j', async (kid) => {
    expect(await tokens.verify(forge({ ...header, kid }, claims()))).toBeNull()
  })

  test('look at no key that the token brings or names', async () => {
    const jwk = { kty: 'oct', k: Buffer.alloc(32, 9).toString('base64url') }
    for (const extra of [{ jwk }, { jku: 'https://attacker.example/keys' }, { x5u: 'https://attacker.example/x5u' }, { x5c: ['MII'] }]) {
      expect(await tokens.verify(forge({ ...header, ...extra }, claims(), Buffer.alloc(32, 9)))).toBeNull()
    }
    expect(await tokens.verify(forge({ ...header, crit: ['b64'], b64: false }, claims()))).toBeNull()
  })

  test.each([
    ['another issuer', { iss: 'someone' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'web' }],
    ['no audience', { aud: undefined }],
    ['an end that has passed', { exp: 1 }],
    ['no end', { exp: undefined }],
    ['an end that is no number', { exp: '99999999999' }],
    ['a start that lies ahead', { nbf: 99_999_999_999 }],
    ['no user', { sub: undefined }],
    ['a user that is no text', { sub: 7 }],
    ['no session', { sid: undefined }],
    ['a session that is no text', { sid: { id: 's' } }],
    ['no issue time', { iat: undefined }],
  ])('refuse %s', async (_what, change) => {
    expect(await tokens.verify(forge(header, { ...claims(), ...change }))).toBeNull()
  })

  test('refuse another kind of token that the same key signed', async () => {
    const other = await new SignJWT({ sid: 's' })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'JWT' })
      .setIssuer('guanxi')
      .setAudience('api')
      .setSubject('u')
      .setIssuedAt(seconds())
      .setExpirationTime(seconds() + 900)
      .sign(first.secret)
    expect(await tokens.verify(other)).toBeNull()
  })

  test('refuse every single-character change', async () => {
    const { token } = await tokens.issue('u', 's')
    for (let index = 0; index < token.length; index += 7) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`
      expect(await tokens.verify(changed)).toBeNull()
    }
  })

  test.each(['', '.', '..', 'a.b.c', 'x'.repeat(100_000), '\0', '💥.💥.💥', 'e30.e30.', `${encode('null')}.${encode('null')}.x`])(
    'refuse %.20j',
    async (text) => {
      expect(await tokens.verify(text)).toBeNull()
    },
  )

  test('keys rotate: the new one signs, the old one verifies until it is removed', async () => {
    const { token } = await tokens.issue('u', 's')
    const rotated = make([second, first])
    expect(await rotated.verify(token)).not.toBeNull()
    const { token: newer } = await rotated.issue('u', 's')
    expect(JSON.parse(Buffer.from(newer.split('.')[0] as string, 'base64url').toString())).toEqual({ alg: 'HS256', kid: 'k2', typ: 'at+jwt' })
    expect(await make([second]).verify(token)).toBeNull()
    expect(await make([second]).verify(newer)).not.toBeNull()
  })

  test('need a key, and a long one', () => {
    expect(() => make([])).toThrow('no key')
    expect(() => make([{ id: 'short', secret: Buffer.alloc(31) }])).toThrow('short')
  })
})
