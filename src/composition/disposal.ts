/** Lets go of what was made, whatever was made last first. */
export interface Disposal {
  add(release: () => unknown): void
  /** Releases all, one after the other, also after one that fails; then throws what the first of these threw. What was released is forgotten. */
  run(): Promise<void>
}

export function createDisposal(): Disposal {
  const releases: (() => unknown)[] = []
  return {
    add: (release) => {
      releases.push(release)
    },
    run: async () => {
      const errors: unknown[] = []
      for (let release = releases.pop(); release; release = releases.pop()) {
        try {
          await release()
        } catch (error) {
          errors.push(error)
        }
      }
      if (errors.length > 0) throw errors[0]
    },
  }
}
