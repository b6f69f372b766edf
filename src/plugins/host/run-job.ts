import { defineJob, type JobDefinition } from '../../jobs/job.ts'
import type { PluginInstance } from './instance.ts'
import { PLUGIN_JOB } from './plugin-jobs.ts'
import type { HostServices } from './services.ts'
import { timerJob } from './timers/fire-timers.ts'
import { runTimer } from './timers/run-timer.ts'
import { walkJob, walkRecords } from './timers/walk-records.ts'
import { taskContext } from './work-context.ts'

/** Milliseconds for a run unless the job says otherwise. */
const BUDGET = 60_000

/** Runs jobs of the plugins that are at work in this process. */
export function pluginJob(services: HostServices, instanceOf: (plugin: string) => PluginInstance | undefined): JobDefinition {
  return defineJob(PLUGIN_JOB, async ({ plugin, job: name, payload }, run) => {
    const instance = instanceOf(plugin)
    if (!instance) throw new Error(`the plugin ${plugin} is not at work in this process`)
    const { timers = [] } = instance.loaded.definition
    const fired = timers.find((each) => timerJob(each.name) === name)
    if (fired) return runTimer(services, instance, fired, payload, { id: run.id, signal: run.signal, settle: (transaction) => run.settle(transaction) })
    const walked = timers.find((each) => walkJob(each.name) === name)
    if (walked) return walkRecords(services, instance, walked, run)
    const job = instance.loaded.definition.jobs?.find((each) => each.name === name)
    if (!job) throw new Error(`the plugin ${plugin} has no job named ${name} any more`)
    const parsed = job.payload ? job.payload.parse(payload) : payload
    const settle = (transaction: Parameters<typeof run.settle>[0]) => run.settle(transaction)
    await instance.calls.run(
      `job ${name}`,
      job.budget ?? BUDGET,
      (turn) => job.run(parsed, taskContext(services, instance, turn, `job ${run.id}`, settle)),
      run.signal,
    )
  })
}
