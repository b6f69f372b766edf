import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be cut, frozen or lost. */
export interface TcpProxy {
  readonly port: number
  /** Ends all connections; new ones are taken. */
  cut(): void
  /** Lets nothing through any more, on old connections and new ones, without closing any. */
  freeze(): void
  /** Lets through again, what was held back too. */
  thaw(): void
  /**
   * The network is cut, and nobody says so: what there is of connections swallows every byte for ever and closes on neither side, and new ones are taken and
   * swallow too, until `mend`, which is for those that come after it.
   */
  lose(): void
  mend(): void
  close(): Promise<void>
}

/** A connection on its way. */
interface Link {
  lost: boolean
}

/**
 * Passes connections on to a port of this machine; to none where it is left out, which is a server that takes connections and says nothing. `port`: where it listens itself, a free one unless given.
 */
export async function startTcpProxy(target?: { readonly host: string; readonly port: number }, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const links = new Set<Link>()
  let frozen = target === undefined
  let lost = false
  const hold = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((inbound) => {
    hold(inbound)
    if (target === undefined) return
    if (lost) return void inbound.resume()
    const link: Link = { lost: false }
    links.add(link)
    const outbound = connect(target)
    hold(outbound)
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      from.on('data', (data) => link.lost || to.write(data))
      from.on('close', () => {
        if (link.lost) return
        links.delete(link)
        to.destroy()
      })
    }
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
    lose: () => {
      lost = true
      for (const link of links) link.lost = true
      links.clear()
    },
    mend: () => {
      lost = false
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
