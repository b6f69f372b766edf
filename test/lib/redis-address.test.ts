import { expect, test } from '@jest/globals'
import { parseRedisUrl } from '../../src/lib/redis-address.ts'

const NOBODY = { username: undefined, password: undefined }

test.each([
  ['redis://cache', { cluster: false, nodes: [{ host: 'cache', port: 6379 }], ...NOBODY, tls: false }],
  ['rediss://:p%40ss@cache:7000/3', { cluster: false, nodes: [{ host: 'cache', port: 7000 }], username: undefined, password: 'p@ss', tls: true }],
  ['redis://:a,b@cache:7000', { cluster: false, nodes: [{ host: 'cache', port: 7000 }], username: undefined, password: 'a,b', tls: false }],
  ['redis+cluster://a:7000', { cluster: true, nodes: [{ host: 'a', port: 7000 }], ...NOBODY, tls: false }],
  [
    'rediss://me:secret@a:7000,b,[::1]:7002/',
    {
      cluster: true,
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 7002 },
      ],
      username: 'me',
      password: 'secret',
      tls: true,
    },
  ],
  [
    'redis://a:1,redis://b:2',
    {
      cluster: true,
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      ...NOBODY,
      tls: false,
    },
  ],
])('%s', (text, address) => {
  expect(parseRedisUrl(text)).toEqual(address)
})

test.each([
  '',
  'http://a',
  'redis',
  'redis://a:1,rediss://b:2',
  'redis://a:1,b:99999',
  'redis://a,b c',
  'redis+cluster://',
  'redis+cluster://a/1',
  'redis://a,b/1',
])('%s is none', (text) => {
  expect(parseRedisUrl(text)).toBeNull()
})
