import { builtinModules } from 'node:module'

/** Modules of Node.js that touch nothing outside of the process. */
const HARMLESS = new Set([
  'assert',
  'assert/strict',
  'buffer',
  'crypto',
  'events',
  'path',
  'path/posix',
  'punycode',
  'querystring',
  'string_decoder',
  'timers/promises',
  'url',
  'util',
  'util/types',
])

/** Packages that reach the network or a database by themselves, past the host's limits. */
const REACHING = new Set([
  'axios',
  'got',
  'graphile-worker',
  'ioredis',
  'ky',
  'mysql2',
  'node-fetch',
  'pg',
  'redis',
  'request',
  'superagent',
  'typeorm',
  'undici',
  'ws',
])

/** What the product publishes for plugins. */
const PUBLISHED = new Set(['guanxi/plugin', 'guanxi/type-graphql', 'guanxi/testing'])

/** Why a plugin should not import this; null where nothing speaks against it. */
export function importProblem(specifier: string): string | null {
  const name = specifier.replace(/^node:/, '')
  if (specifier.startsWith('node:') || builtinModules.includes(name))
    return HARMLESS.has(name)
      ? null
      : `imports ${specifier}: files, processes and the network of the server are none of a plugin's; it reaches hosts by \`fetch\` of its context`
  if (/^(file|https?|data):/.test(specifier) || specifier.startsWith('/')) return `imports ${specifier.slice(0, 100)}, which is no part of its package`
  if (name === 'guanxi' || name.startsWith('guanxi/'))
    return PUBLISHED.has(name) ? null : `imports ${specifier}: only ${[...PUBLISHED].join(', ')} are there for plugins`
  const packageName = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] as string)
  return REACHING.has(packageName) ? `imports ${packageName}, which goes past the host's limits; records and hosts are reached by the plugin's context` : null
}

/** Globals of the process that a plugin should not touch, and why. */
export const GLOBAL_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['process', 'the environment holds secrets of the server; what an administrator sets comes by `settings`'],
  ['fetch', 'it goes past declared hosts and the guard against private networks; use `fetch` of the context'],
  ['WebSocket', 'it goes past declared hosts'],
  ['EventSource', 'it goes past declared hosts'],
  ['XMLHttpRequest', 'it goes past declared hosts'],
  ['eval', 'code that is made up at run time cannot be checked'],
  ['Function', 'code that is made up at run time cannot be checked'],
  ['require', 'it is loaded as an ES module'],
  ['globalThis', 'what stands there is shared with the server and all plugins'],
  ['global', 'what stands there is shared with the server and all plugins'],
  ['setInterval', 'it goes on when the plugin is disabled; use a job with a timetable'],
])
