import { LRUCache } from 'lru-cache'
import type { PluginCache, PluginLog, PluginMetrics } from '../api/index.ts'
import type { HostLog, PluginMetrics as HostMetrics } from './services.ts'

export type { HostLog }

/** Lines that a plugin may log in SPAN milliseconds, and characters of a line. */
const MOST = 200
const SPAN = 10_000
const LONGEST = 2_000

/** The server's log for one plugin: with its name, and with an end where it floods it. */
export function createPluginLog(log: HostLog, plugin: string, clock: () => number = Date.now): PluginLog {
  let since = 0
  let lines = 0
  const write = (level: keyof HostLog, message: string, details: object = {}): void => {
    const now = clock()
    if (now - since >= SPAN) {
      if (lines > MOST) log.warn({ plugin, dropped: lines - MOST }, 'lines of a plugin were left out of the log')
      since = now
      lines = 0
    }
    lines += 1
    if (lines <= MOST) log[level]({ plugin, details: shortened(details) }, String(message).slice(0, LONGEST))
  }
  return {
    debug: (message, details) => write('debug', message, details),
    info: (message, details) => write('info', message, details),
    warn: (message, details) => write('warn', message, details),
    error: (message, details) => write('error', message, details),
  }
}

/** As JSON, which nothing of the plugin's reaches into any more. */
function shortened(details: object): unknown {
  try {
    const text = JSON.stringify(details) ?? ''
    return text.length > LONGEST ? text.slice(0, LONGEST) : JSON.parse(text || 'null')
  } catch {
    return 'no JSON'
  }
}

/** Names that a plugin may count under: each is a series for good. */
const MOST_NAMES = 50

export function createCounters(plugin: string, metrics: HostMetrics): PluginMetrics {
  const names = new Set<string>()
  return {
    count: (name, by = 1) => {
      if (!/^[a-z][a-z0-9_]{0,47}$/.test(name) || !Number.isFinite(by) || by < 0) return
      if (names.size < MOST_NAMES) names.add(name)
      if (names.has(name)) metrics.count(plugin, name, by)
    },
  }
}

const VALUES = 1_000

export function createPluginCache(): PluginCache {
  // A member of its own for each value, since undefined is one too.
  const values = new LRUCache<string, { readonly value: unknown }>({ max: VALUES })
  return {
    get: (key) => values.get(key)?.value,
    set: (key, value, ttl) => void values.set(key, { value }, { ttl: Math.max(1, ttl) }),
    delete: (key) => void values.delete(key),
  }
}
