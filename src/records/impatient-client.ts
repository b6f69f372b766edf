import pg from 'pg'

/** What pg says of an answer that did not come within `query_timeout`. */
const NO_ANSWER = 'Query read timeout'

/**
 * A connection that gives its server up when an answer does not come in time (`query_timeout`, of the connection or of one query). pg alone would leave the query in front of
 * all later ones, and a pool would hand the connection out again and again: where the network is cut, nobody says that it is.
 */
export class ImpatientClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg's query has seven forms, and all of them pass through
  override query(...parameters: any[]): any {
    const answer: unknown = (super.query as (...all: unknown[]) => unknown)(...parameters)
    if (answer instanceof Promise) answer.catch((error: unknown) => this.#judge(error))
    return answer
  }

  #judge(error: unknown): void {
    if ((error as { message?: unknown } | null)?.message === NO_ANSWER) streamOf(this).destroy()
  }
}

/** Its types do not tell of the socket. */
function streamOf(client: pg.Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
}
