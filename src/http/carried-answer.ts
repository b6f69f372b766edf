import { ERROR_CODES, type ErrorCode, errorsIn, type Locale } from '../errors/index.ts'
import { type OperationAnswer, RawJson } from '../schema/operation.ts'

/**
 * The engine's answer on its way through Apollo Server, as the value of `data`: Apollo neither walks nor formats it, and
 * `answerText` writes it, in this language. Its errors are masked already.
 */
export class CarriedAnswer {
  readonly answer: OperationAnswer
  readonly locale: Locale
  constructor(answer: OperationAnswer, locale: Locale) {
    this.answer = answer
    this.locale = locale
  }
}

/** What has no errors reads the same in every language, and is kept as English. */
const texts: Readonly<Record<Locale, WeakMap<OperationAnswer, string>>> = { en: new WeakMap(), 'zh-CN': new WeakMap() }

/** JSON text of an answer, written once a language however many get it: errors first, as readers in a terminal want them; text from the database is not parsed. */
export function answerText(answer: OperationAnswer, locale: Locale): string {
  const written = texts[answer.errors?.length ? locale : 'en']
  const known = written.get(answer)
  if (known !== undefined) return known
  const text = writtenText(answer.errors ? { ...answer, errors: errorsIn(answer.errors, locale) } : answer)
  written.set(answer, text)
  return text
}

function writtenText({ data, errors, extensions }: OperationAnswer): string {
  const members: string[] = []
  if (errors && errors.length > 0) members.push(`"errors":${JSON.stringify(errors)}`)
  if (data !== undefined) members.push(`"data":${data instanceof RawJson ? data.text : JSON.stringify(data)}`)
  if (extensions !== undefined) members.push(`"extensions":${JSON.stringify(extensions)}`)
  return `{${members.join(',')}}`
}

/** Code of the first error, or undefined. */
export function firstCode({ errors }: OperationAnswer): ErrorCode | undefined {
  const code = errors?.[0]?.extensions?.code
  return typeof code === 'string' && code in ERROR_CODES ? (code as ErrorCode) : errors?.length ? 'INTERNAL' : undefined
}

/** Statuses that say something about the request as a whole even where execution had begun and left `data: null`. */
const WHOLE_REQUEST = new Set([401, 409, 422, 429, 500, 503])

/**
 * HTTP status of an answer. With `application/graphql-response+json` an answer without data is 4xx or 5xx; clients of plain
 * `application/json` expect 200 for what is wrong with a well-formed document or its variables.
 * https://graphql.github.io/graphql-over-http/draft/#sec-Responses
 */
export function answerStatus(answer: OperationAnswer, graphqlResponseType: boolean): number {
  const code = firstCode(answer)
  if (code === undefined || (answer.data !== null && answer.data !== undefined)) return 200
  const { status } = ERROR_CODES[code]
  if (answer.data === null) return WHOLE_REQUEST.has(status) ? status : 200
  if (status > 400) return status
  return graphqlResponseType ? 400 : 200
}

/** Seconds after which the operation may be sent again, where its answer says so; for `Retry-After`. */
export function retryAfterOf({ errors }: OperationAnswer): number | undefined {
  const seconds = errors?.[0]?.extensions?.retryAfter
  return typeof seconds === 'number' ? seconds : undefined
}
