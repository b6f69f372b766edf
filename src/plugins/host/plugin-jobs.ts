import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { Transaction } from '../../records/database.ts'
import { dequeue, enqueue } from '../../records/jobs/enqueue.ts'
import type { JobKind } from '../../records/jobs/job-kind.ts'
import type { LoadedPlugin } from './load-code.ts'

interface PluginJob {
  readonly plugin: string
  readonly job: string
  readonly payload?: unknown
}

/** One kind of job for all plugins: the queue knows its kinds when it begins, plugins come and go. */
export const PLUGIN_JOB: JobKind<PluginJob> = { name: 'plugin', payload: z.object({ plugin: z.string(), job: z.string(), payload: z.unknown() }) }

const ATTEMPTS = 10

/** Jobs of a plugin carry this flag; processes in which the plugin is not at work leave them in the queue. */
export const flagOf = (plugin: string): string => `plugin ${plugin}`

/** What the keys of a plugin's jobs begin with. */
export const keyOf = (plugin: string, key: string): string => `plugin ${plugin} ${key}`

export interface JobWanted {
  readonly job: string
  readonly payload: unknown
  readonly key?: string
  /** RFC 3339. */
  readonly at?: string
}

/** Takes a job of a plugin that waits out of the queue. */
export function removeJob(transaction: Transaction, plugin: string, job: string, key: string): Promise<void> {
  return dequeue(transaction, [keyOf(plugin, `${job} ${key}`)])
}

/** Puts jobs of a plugin into the queue, when the transaction commits. Throws VALIDATION_FAILED for one that the plugin does not have, or a payload that it does not take. */
export async function putJobs(transaction: Transaction, { manifest, definition }: LoadedPlugin, wanted: readonly JobWanted[]): Promise<void> {
  if (manifest.capabilities.jobs !== true) throw new GuanxiError('FORBIDDEN', say`The plugin ${manifest.name} has no capability for jobs.`)
  const requests = wanted.map(({ job: name, payload, key, at }) => {
    const job = definition.jobs?.find((each) => each.name === name)
    if (!job)
      throw validationFailed([{ path: ['job'], code: 'UNKNOWN', message: say`The plugin ${manifest.name} has no job named ${String(name).slice(0, 60)}.` }])
    const parsed = job.payload?.safeParse(payload)
    if (parsed && !parsed.success)
      throw validationFailed([
        { path: ['payload'], code: 'FORMAT', message: say`${name}: ${parsed.error.issues[0]?.message ?? say`the payload does not fit`}` },
      ])
    if (at !== undefined && Number.isNaN(Date.parse(at)))
      throw validationFailed([{ path: ['at'], code: 'FORMAT', message: say`${at} is no moment in RFC 3339.` }])
    return {
      payload: { plugin: manifest.name, job: name, payload },
      key: keyOf(manifest.name, key === undefined ? randomUUID() : `${name} ${key}`),
      attempts: job.attempts ?? ATTEMPTS,
      flag: flagOf(manifest.name),
      ...(at !== undefined && { runAt: at }),
    }
  })
  await enqueue(transaction, PLUGIN_JOB, requests)
}
