const SIGNALS = ['SIGTERM', 'SIGINT'] as const

export interface SignalHandlers {
  /** The first signal: finish what is under way and resolve. */
  drain(signal: NodeJS.Signals): Promise<void>
  /** The second one: leave at once. Must not wait for anything. */
  force(): void
  /** Treat the end of the parent process as SIGTERM. */
  readonly watchParent: boolean
  /** A defect that nothing caught. The process ends after `drain`, with exit code 1. */
  failed(error: unknown): void
}

/**
 * A terminal signals the whole process group, and npm passes the signal on to its child once more: what follows this close is the same Ctrl-C.
 * In milliseconds.
 */
const SAME_SIGNAL = 500

/** Waits for SIGTERM or SIGINT, drains, and gives the exit code. A second signal ends the process at once with code 130. */
export function untilSignal(handlers: SignalHandlers): Promise<number> {
  return new Promise((resolve) => {
    let draining = false
    let stoppedAt = 0
    const stop = (signal: NodeJS.Signals, code: number): void => {
      if (draining) {
        if (performance.now() - stoppedAt < SAME_SIGNAL) return
        handlers.force()
        process.exit(130)
      }
      draining = true
      stoppedAt = performance.now()
      handlers.drain(signal).then(
        () => resolve(code),
        (error: unknown) => {
          handlers.failed(error)
          resolve(1)
        },
      )
    }
    for (const signal of SIGNALS) process.on(signal, () => stop(signal, 0))
    if (handlers.watchParent) whenParentEnds(() => draining || stop('SIGTERM', 0))
    const crash = (error: unknown): void => {
      handlers.failed(error)
      if (!draining) stop('SIGTERM', 1)
    }
    process.on('uncaughtException', crash)
    process.on('unhandledRejection', crash)
  })
}

/**
 * npm and npx run commands in a shell that does not pass signals on: it ends, and this process would stay behind, serving.
 * An orphan is seen by its new parent.
 */
function whenParentEnds(ended: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, 250).unref()
}
