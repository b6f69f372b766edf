/** A length of time; its members are added up. */
export interface Duration {
  readonly days?: number
  readonly hours?: number
  readonly minutes?: number
  readonly seconds?: number
  readonly milliseconds?: number
}

/** The server's clock. It stands still until it is put forward. */
export interface TestClock {
  now(): Date
  /**
   * Puts it forward, and waits until all that is due has been done: reminders, jobs for a later time, jobs with a timetable. It stops at each moment on the way at which something is due, up to
   * 1,000 of them; what is left then is done at the end.
   */
  advance(by: Duration): Promise<void>
  /** Likewise, to a moment that lies ahead: a Date, or RFC 3339. */
  set(moment: Date | string): Promise<void>
}

export function createTestClock(begin: number, move: (milliseconds: number) => Promise<void>): TestClock {
  let now = begin
  const moveTo = async (moment: number): Promise<void> => {
    if (Number.isNaN(moment)) throw new Error('That is no moment.')
    if (moment < now) throw new Error(`The clock stands at ${new Date(now).toISOString()} and goes forward only.`)
    await move(moment)
    now = moment
  }
  return {
    now: () => new Date(now),
    advance: (by) => moveTo(now + millisecondsOf(by)),
    set: (moment) => moveTo(new Date(moment).getTime()),
  }
}

function millisecondsOf({ days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds
}
