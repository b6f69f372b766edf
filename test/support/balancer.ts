import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to several servers on ports of this machine. */
export interface Balancer {
  readonly url: string
  /** Connections so far, by port. */
  readonly taken: ReadonlyMap<number, number>
  close(): Promise<void>
}

/** Milliseconds after which all are asked again where none takes connections, and how often. */
const PAUSE = 50
const ROUNDS = 200

/** Deals out connections in turn, each to the next server that takes it, as balancers do: one that drains takes none. Bytes and ends pass as they come. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>()
  const taken = new Map<number, number>()
  let turn = 0
  const hold = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    return socket
  }

  const reach = (port: number): Promise<Socket | null> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
      socket.once('connect', () => resolve(socket))
      socket.once('error', () => resolve(null))
    })

  async function choose(): Promise<Socket | null> {
    for (let tries = 0; tries < ROUNDS * ports.length; tries += 1) {
      if (tries > 0 && tries % ports.length === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE))
      const port = ports[turn % ports.length] as number
      turn += 1
      const socket = await reach(port)
      if (socket === null) continue
      taken.set(port, (taken.get(port) ?? 0) + 1)
      return socket
    }
    return null
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (inbound) => {
    hold(inbound)
    void choose().then((outbound) => {
      if (outbound === null || inbound.destroyed) {
        outbound?.destroy()
        inbound.destroy()
        return
      }
      hold(outbound)
      for (const [from, to] of [
        [inbound, outbound],
        [outbound, inbound],
      ] as const) {
        from.on('error', () => to.destroy())
        from.pipe(to)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
