import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { LogLevel } from '../config/index.ts'

export type { Logger } from 'pino'

/**
 * JSON lines on standard output. What is logged is chosen field by field where it is logged: request ids, codes, times and
 * counts; never tokens, bodies, variables, names or addresses of people. Of an error type, code and stack are kept; its
 * message only where it is our own or the language's, because a database's or a parser's may quote what it was given.
 */
export function createLogger(level: LogLevel, stream: DestinationStream = destination({ dest: 1, sync: false })): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    stream,
  )
}

const SPEAKING = new Set(['TypeError', 'ReferenceError', 'RangeError', 'DefectError', 'StartupError'])

/** The stack without its first line, which is the message. A database error's code is a SQLSTATE. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, constraint, table, column } = error as { code?: unknown; constraint?: unknown; table?: unknown; column?: unknown }
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    ...(SPEAKING.has(error.name) ? { message: error.message } : {}),
    ...(isPlain(code) ? { code } : {}),
    ...(isPlain(constraint) ? { constraint } : {}),
    ...(isPlain(table) ? { table } : {}),
    ...(isPlain(column) ? { column } : {}),
    ...(frames?.length ? { stack: frames.map((line) => line.trim()).join('\n') } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}

const isPlain = (value: unknown): value is string => typeof value === 'string' && /^\w{1,64}$/.test(value)
