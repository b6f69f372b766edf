import { expect, test } from '@jest/globals'
import { isWithin, networkBeyond, parseNetworks } from '../../src/auth/allowed-networks.ts'

const path = ['input', 'allowedNetworks']
const issueOf = (text: string): string => {
  try {
    return parseNetworks([text], path).join()
  } catch (error) {
    const { path: place, code } = (error as { details: { issues: { path: unknown[]; code: string }[] } }).details.issues[0] as { path: unknown[]; code: string }
    return `${place.join('.')}: ${code}`
  }
}

test('networks are kept in their one form', () => {
  for (const [given, kept] of [
    ['192.0.2.7', '192.0.2.7/32'],
    [' 10.0.0.0/8 ', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ] as const)
    expect([given, issueOf(given)]).toEqual([given, kept])
})

test.each([
  '',
  'x',
  '10',
  '10.1',
  '0x0a.0.0.1',
  '010.0.0.1',
  '2130706433',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  'fe80::1%eth0',
  '::/129',
  '::ffff:0.0.0.0/95',
  'example.com',
  '10.0.0.1:80',
])('%j is none', (text) => {
  expect(issueOf(text)).toBe('input.allowedNetworks.0: FORMAT')
})

test('a network with bits behind its mask is told what it would be', () => {
  expect(issueOf('10.1.2.3/8')).toBe('input.allowedNetworks.0: HOST_BITS')
  expect(() => parseNetworks(['2001:db8::1/32'], path)).toThrow('2001:db8::/32')
  for (const list of [[], Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`)]) expect(() => parseNetworks(list, path)).toThrow('1 to 100')
})

test('addresses lie in them whichever way they are written', () => {
  const networks = ['10.0.0.0/8', '192.0.2.128/25', '2001:db8::/32', '::1/128']
  for (const ip of ['10.255.255.255', '::ffff:10.0.0.1', '::FFFF:a00:1', '192.0.2.128', '2001:db8:ffff::1', '::1', '2001:db8::1%eth0'])
    expect([ip, isWithin(networks, ip)]).toEqual([ip, true])
  for (const ip of [null, '', 'x', '11.0.0.0', '192.0.2.127', '2001:db9::', '::', '64:ff9b::a00:1', '10.0.0', '167772161'])
    expect([ip, isWithin(networks, ip)]).toEqual([ip, false])
})

test('a network lies in a wider one of its own kind', () => {
  const outer = ['10.0.0.0/8', '2001:db8::/32']
  expect(networkBeyond(['10.0.0.0/8', '10.9.0.0/16', '2001:db8:1::/48'], outer)).toBeUndefined()
  expect(networkBeyond(['10.9.0.0/16', '0.0.0.0/0'], outer)).toBe('0.0.0.0/0')
  expect(networkBeyond(['::/0'], outer)).toBe('::/0')
  expect(networkBeyond(['11.0.0.0/8'], outer)).toBe('11.0.0.0/8')
})
