import { eventually } from '../support/guanxi-process.ts'
import { percentile } from '../support/nodes.ts'
import { check, type Run } from './checker.ts'
import { type Follower, startFollower } from './follower.ts'
import { type History, openHistory } from './history.ts'
import { type Probing, startProbing } from './probe.ts'
import { startWorkload, type Workload } from './workload.ts'
import { makeWorld, type World } from './world.ts'

/** One run of load with its followers, and what is to be said of it. */
export interface Experiment {
  readonly world: World
  readonly history: History
  readonly followers: readonly Follower[]
  /** Begins the load and the following. */
  begin(): Promise<void>
  /** Waits until so many mutations more are ok, however busy the machine is. */
  work(count: number): Promise<void>
  /** Ends the load. */
  end(): Promise<void>
  run(): Run
  /** Asks the server again and again how it is; `patience`: milliseconds that an answer may take. */
  probe(patience: number): Probing
  /** Fails with all that is wrong, the seed and the place of the history. */
  expectSound(others: readonly string[]): Promise<void>
  figures(): { readonly ok: number; readonly disturbed: number; readonly text: string }
  close(): Promise<void>
}

export interface ExperimentOptions {
  /** Where clients send, a proxy's address where there is one. */
  readonly url: string
  readonly databaseUrl: string
  readonly seed: number
  /** Milliseconds that an answer may take; 30,000 unless given. */
  readonly patience?: number
}

export async function openExperiment({ url, databaseUrl, seed, patience = 30_000 }: ExperimentOptions): Promise<Experiment> {
  const world = await makeWorld(url, databaseUrl)
  const history = openHistory()
  const followers: Follower[] = []
  const probings: Probing[] = []
  let workload: Workload | undefined
  let sound = false
  const run = (): Run => ({ world, history, workload: workload as Workload, followers, url })
  return {
    world,
    history,
    followers,
    begin: async () => {
      const follow = { url: () => url }
      for (const module of ['account', 'activity'] as const)
        followers.push(startFollower({ ...follow, name: `the administrator of ${module}`, module, token: world.admin, after: world.cursor }))
      for (const { id, name, token } of world.actors)
        followers.push(startFollower({ ...follow, name, module: 'account', owner: id, token, after: await world.cursorOf(token) }))
      workload = startWorkload({ url: () => url, actors: world.actors, seed, history, patience })
    },
    work: async (count) => {
      const done = () => history.attempts.filter(({ outcome }) => outcome === 'ok').length
      const wanted = done() + count
      await eventually(async () => done() >= wanted, 60_000)
    },
    end: async () => workload?.stop(),
    run,
    probe: (limit) => {
      const probing = startProbing(url, world, limit)
      probings.push(probing)
      return probing
    },
    expectSound: async (others) => {
      const violations = await check(run())
      const flaws = [...others, ...Object.entries(violations).flatMap(([name, found]) => found.map((flaw) => `${name}: ${flaw}`))]
      sound = flaws.length === 0
      if (sound) return
      const shown = flaws.slice(0, 30).join('\n')
      throw new Error(`${flaws.length} flaws with seed ${seed}; the history is in ${history.path}\n${shown}`)
    },
    figures: () => {
      const { attempts } = history
      const count = (outcome: string) => attempts.filter((attempt) => attempt.outcome === outcome).length
      const codes = new Map<string, number>()
      for (const { code } of attempts) if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1)
      const answered = attempts.filter(({ outcome }) => outcome === 'ok').map(({ milliseconds }) => milliseconds)
      const told = followers.map((each) => each.told.length).join(' + ')
      return {
        ok: count('ok'),
        disturbed: attempts.filter(({ code }) => code !== undefined && !ORDINARY.has(code)).length,
        text:
          `${attempts.length} mutations sent: ${count('ok')} ok, ${count('fail')} refused, ${count('unknown')} unknown ` +
          `(${[...codes].map(([code, times]) => `${times} ${code}`).join(', ')}); median ${Math.round(percentile(answered, 0.5))} ms; ${told} changes told`,
      }
    },
    close: async () => {
      await workload?.stop()
      await Promise.all(probings.map((probing) => probing.stop()))
      await Promise.all(followers.map((follower) => follower.stop()))
      history.close(workload !== undefined && !sound)
    },
  }
}

/** What also happens where nothing is wrong. */
export const ORDINARY: ReadonlySet<string> = new Set(['VERSION_CONFLICT', 'NOT_FOUND', 'DUPLICATE'])
