import type { WebSocket } from 'ws'
import { LIMITS } from './limits.ts'

const PING_INTERVAL = 12_000

/** What a socket is told by, as fast as its other side reads. */
export interface SocketLine {
  /** Resolves when the text is on its way, or the socket has closed. */
  send(text: string): Promise<void>
  /** The socket has closed. */
  stop(): void
}

/**
 * While more waits for the other side than `LIMITS.socketBacklog`, nothing is read of it either: whoever asks and does not read waits, and takes no more memory than for what is under way. A socket of which nothing
 * is heard, and to which nothing gets through, ends.
 */
export function openLine(socket: WebSocket): SocketLine {
  let alive = true
  const lives = (): void => {
    alive = true
  }
  socket.on('pong', lives)
  const timer = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, PING_INTERVAL).unref()
  return {
    send: (text) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve()
        // A failed write means a lost connection, and the close event tells that.
        socket.send(text, () => {
          lives()
          if (socket.isPaused && socket.bufferedAmount <= LIMITS.socketBacklog) socket.resume()
          resolve()
        })
        if (socket.bufferedAmount > LIMITS.socketBacklog) socket.pause()
      }),
    stop: () => clearInterval(timer),
  }
}
