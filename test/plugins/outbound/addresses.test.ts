import { describe, expect, test } from '@jest/globals'
import { declaredOrigin } from '../../../src/plugins/host/outbound/declared-hosts.ts'
import { judgeAddress } from '../../../src/plugins/host/outbound/judge-address.ts'

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81b::200e',
]

const PRIVATE = ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '127.0.0.1', '127.255.255.255', '100.64.0.1', '::1', 'fc00::1', 'fd12:3456::1']

const REFUSED = [
  // Of no machine, of everybody, of the link.
  ['0.0.0.0', '0.1.2.3', '::', '255.255.255.255', '224.0.0.1', '239.255.255.250', 'ff02::1', '169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  // Metadata of clouds.
  ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  // IPv4 inside of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
  [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
  ],
  // Documentation, benchmarks, reserved.
  ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '240.0.0.1', '2001:db8::1', '100::1', '4000::1', '3fff::1'],
  // No addresses.
  ['', 'localhost', '1.2.3.4.5', '1.2.3.4/8', '::ffff:1.2.3', 'example.com'],
].flat()

describe('an address', () => {
  test.each(PUBLIC)('%s is public', (address) => expect(judgeAddress(address)).toBe('public'))
  test.each(PRIVATE)('%s is private', (address) => expect(judgeAddress(address)).toBe('private'))
  test.each(REFUSED)('%s is refused, whatever an operator opens', (address) => expect(judgeAddress(address)).toBe('refused'))
})

describe('a declared host', () => {
  test.each([
    ['api.example.com', 'https://api.example.com'],
    ['api.example.com:443', 'https://api.example.com'],
    ['api.example.com:8443', 'https://api.example.com:8443'],
    ['https://api.example.com', 'https://api.example.com'],
    ['http://api.example.com', 'http://api.example.com'],
    ['http://erp:8080', 'http://erp:8080'],
    ['localhost', 'https://localhost'],
    ['xn--fiq228c.xn--fiqs8s', 'https://xn--fiq228c.xn--fiqs8s'],
  ])('%s stands for %s', (entry, origin) => expect(declaredOrigin(entry)).toBe(origin))

  test.each([
    '127.0.0.1',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '2130706433',
    '127.1',
    '①②⑦.⓪.⓪.①',
    '[::1]',
    '::1',
    '*.example.com',
    'example.com/path',
    'user@example.com',
    'example.com:0',
    'example.com:65536',
    'example.com.',
    '.example.com',
    '-a.example.com',
    'EXAMPLE.com',
    'ftp://example.com',
    'http://',
    '',
    'a b.com',
    `${'a'.repeat(64)}.com`,
  ])('%s is none', (entry) => expect(declaredOrigin(entry)).toBeNull())
})
