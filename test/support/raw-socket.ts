import WebSocket from 'ws'

/** How a socket ended, and when: `performance.now()`. */
export interface Closing {
  readonly code: number
  readonly at: number
}

/** One socket of the protocol graphql-transport-ws, whose end can be watched. */
export interface RawSocket {
  readonly closed: Promise<Closing>
  readonly isOpen: () => boolean
  /** Data of one operation; null where it was refused, or the socket closed before its answer. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
  ask(query: string): Promise<any>
  /** Leaves a subscription open. */
  subscribe(query: string): void
  close(): void
}

/** Opens a socket and waits until it is admitted. */
export async function openRawSocket(url: string, token: string | null, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers })
  const waiting = new Map<string, (data: unknown) => void>()
  let next = 0
  const closed = new Promise<Closing>((resolve) => {
    socket.on('close', (code) => {
      for (const answered of waiting.values()) answered(null)
      resolve({ code, at: performance.now() })
    })
  })
  const admitted = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code) => reject(new Error(`the socket was refused: ${code}`)))
    socket.on('message', (data) => {
      const { type, id, payload } = JSON.parse(String(data))
      if (type === 'connection_ack') resolve()
      if (type === 'next') waiting.get(id)?.(payload.data ?? null)
      if (type === 'error') waiting.get(id)?.(null)
    })
  })
  const send = (message: object) => socket.send(JSON.stringify(message))
  socket.on('open', () => send({ type: 'connection_init', payload: token === null ? {} : { authorization: `Bearer ${token}` } }))
  await admitted
  return {
    closed,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    ask: (query) =>
      new Promise((resolve) => {
        const id = String(next++)
        waiting.set(id, resolve)
        if (socket.readyState === WebSocket.OPEN) send({ id, type: 'subscribe', payload: { query } })
        else resolve(null)
      }),
    subscribe: (query) => send({ id: String(next++), type: 'subscribe', payload: { query } }),
    close: () => socket.close(),
  }
}
