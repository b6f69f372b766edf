import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut or frozen. */
export interface TcpProxy {
  readonly port: number
  /** Ends all connections; new ones are taken. */
  cut(): void
  /** Lets nothing through any more, on old connections and new ones, without closing any. */
  freeze(): void
  /** Lets through again, what was held back too. */
  thaw(): void
  close(): Promise<void>
}

/**
 * Passes connections on to a port of this machine; to none where it is left out, which is a server that takes connections and says nothing. `port`: where it listens itself, a free one unless given.
 */
export async function startTcpProxy(target?: { readonly host: string; readonly port: number }, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let frozen = target === undefined
  const hold = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((inbound) => {
    hold(inbound)
    if (target === undefined) return
    const outbound = connect(target)
    hold(outbound)
    inbound.on('data', (data) => outbound.write(data)).on('close', () => outbound.destroy())
    outbound.on('data', (data) => inbound.write(data)).on('close', () => inbound.destroy())
    if (frozen) for (const socket of [inbound, outbound]) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw: () => {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
