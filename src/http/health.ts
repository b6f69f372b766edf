/** A dependency that must work before this process should get requests. Rejects, or answers false, when it does not. */
export type HealthCheck = () => Promise<boolean>

export interface Health {
  /** Names of the checks that fail now, `draining` among them; empty when requests are welcome. */
  failing(): Promise<readonly string[]>
  /** From now on this process is not ready. */
  drain(): void
  readonly draining: boolean
}

const CACHE = 1_000
const TIMEOUT = 2_000

/** Results are kept for a second, so that asking often costs the dependencies nothing; a check that hangs fails after two. */
export function createHealth(checks: Readonly<Record<string, HealthCheck>>): Health {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<readonly string[]> = Promise.resolve([])
  let draining = false
  return {
    get draining() {
      return draining
    },
    drain: () => {
      draining = true
    },
    failing: async () => {
      if (performance.now() - readAt >= CACHE) {
        readAt = performance.now()
        reading = failingChecks(checks)
      }
      const failing = await reading
      return draining ? ['draining', ...failing] : failing
    },
  }
}

async function failingChecks(checks: Readonly<Record<string, HealthCheck>>): Promise<readonly string[]> {
  const names = await Promise.all(Object.entries(checks).map(async ([name, check]) => ((await holds(check)) ? [] : [name])))
  return names.flat()
}

function holds(check: HealthCheck): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), TIMEOUT)
    check()
      .then(resolve, () => resolve(false))
      .finally(() => clearTimeout(timer))
  })
}
