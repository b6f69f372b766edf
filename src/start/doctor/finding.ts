/** Outcome of one check. `fail` means that Guanxi cannot start or would work wrongly; `warn` that somebody should look. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly subject: string
  readonly message: string
}

export const ok = (subject: string, message: string): Finding => ({ level: 'ok', subject, message })
export const warn = (subject: string, message: string): Finding => ({ level: 'warn', subject, message })
export const fail = (subject: string, message: string): Finding => ({ level: 'fail', subject, message })

/** One line for people: `ok    database   PostgreSQL 18.4`. */
export function findingLine({ level, subject, message }: Finding): string {
  return `${level.padEnd(5)} ${subject.padEnd(12)} ${message}`
}
