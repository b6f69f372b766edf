import { connect, type Socket } from 'node:net'

/**
 * The load generator, in a process of its own: keep-alive connections that each send the next request as soon as an answer is complete.
 * It speaks just enough HTTP over plain sockets that its own share of the CPU stays small.
 */
export interface LoadOrder {
  readonly port: number
  /** Whole HTTP requests, sent in turn. */
  readonly requests: readonly string[]
  readonly connections: number
  readonly milliseconds: number
}

export interface LoadResult {
  readonly count: number
  readonly seconds: number
  /** Bytes of body a request, on average. */
  readonly bytes: number
  /** Milliseconds of each request. */
  readonly latencies: readonly number[]
  /** What made the run worthless, if anything did. */
  readonly failure: string | null
}

async function run({ port, requests, connections, milliseconds }: LoadOrder): Promise<LoadResult> {
  const buffers = requests.map((request) => Buffer.from(request))
  const latencies: number[] = []
  let bytes = 0
  let next = 0
  let failure: string | null = null
  const started = performance.now()
  const until = started + milliseconds

  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      let sentAt = 0
      const answer = createAnswerReader()
      const send = (): void => {
        sentAt = performance.now()
        socket.write(buffers[next++ % buffers.length] as Buffer)
      }
      const finish = (reason: string | null): void => {
        failure ??= reason
        socket.destroy()
        resolve()
      }
      socket.on('error', (error) => finish(error.message))
      socket.on('close', () => finish(performance.now() < until ? 'the server closed a connection' : null))
      socket.on('data', (chunk: Buffer) => {
        const complete = answer(chunk)
        if (complete === null) return
        latencies.push(performance.now() - sentAt)
        bytes += complete.bytes
        if (complete.failure !== null) finish(complete.failure)
        else if (performance.now() >= until) finish(null)
        else send()
      })
      socket.on('connect', send)
    })

  await Promise.all(Array.from({ length: connections }, () => drive(connect({ port, host: '127.0.0.1', noDelay: true }))))
  return { count: latencies.length, seconds: (performance.now() - started) / 1000, bytes: bytes / Math.max(1, latencies.length), latencies, failure }
}

interface Complete {
  readonly bytes: number
  readonly failure: string | null
}

/** Takes chunks of one answer after another; answers null until one is complete. Every answer is looked at for its status, the first for errors too. */
function createAnswerReader(): (chunk: Buffer) => Complete | null {
  let chunks: Buffer[] = []
  let received = 0
  let expected = -1
  let body = 0
  let status = ''
  let first = true
  return (chunk) => {
    chunks.push(chunk)
    received += chunk.length
    if (expected < 0) {
      const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      chunks = [buffer]
      const end = buffer.indexOf('\r\n\r\n')
      if (end < 0) return null
      const head = buffer.toString('latin1', 0, end)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      if (length === undefined) return { bytes: 0, failure: 'an answer without content-length' }
      body = Number(length)
      expected = end + 4 + body
      status = head.slice(9, 12)
    }
    if (received < expected) return null
    const failure = status !== '200' || first ? failureOf(Buffer.concat(chunks).toString('utf8'), status) : null
    const result = { bytes: body, failure }
    chunks = []
    received = 0
    expected = -1
    first = false
    return result
  }
}

function failureOf(answer: string, status: string): string | null {
  return status === '200' && !answer.includes('"errors"') ? null : answer.slice(0, 600)
}

process.on('message', (order: LoadOrder) => void run(order).then((result) => process.send?.(result)))
