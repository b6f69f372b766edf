/** Work that is done again and again, never twice at the same time. */
export interface Repeated {
  /** Does it now, or once more where it is under way. */
  wake(): void
  /** Ends it, after what is under way. */
  stop(): Promise<void>
}

export interface RepeatOptions {
  /** Milliseconds between the end of one run and the beginning of the next. */
  readonly every: number
  /** `isStopping`: asked by long work between its parts; it should end soon where it is true. */
  readonly run: (isStopping: () => boolean) => Promise<unknown>
  /** Told of a run that failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void
}

/** Begins after the first interval. The timer keeps no process alive. */
export function repeat({ every, run, onError }: RepeatOptions): Repeated {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let again = false
  let stopped = false

  const plan = (): void => {
    if (!stopped) timer = setTimeout(start, every).unref()
  }
  const start = (): void => {
    clearTimeout(timer)
    running = run(() => stopped)
      .then(() => undefined, onError)
      .finally(() => {
        running = undefined
        if (again && !stopped) {
          again = false
          start()
        } else plan()
      })
  }
  plan()
  return {
    wake: () => {
      if (stopped) return
      if (running) again = true
      else start()
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
