import type { Principal, Standings } from '../auth/index.ts'

/** Ends sockets whose rights are no longer those that they were opened with. */
export interface SocketWatch<Socket> {
  /** Takes the socket's rights of now as those that it rests on; false where its session or key has ended already. */
  admit(socket: Socket, principal: Principal): Promise<boolean>
  /** The socket is gone. */
  leave(socket: Socket): void
  /** Looks whether rights have changed, and closes the sockets that they have changed for. Costs nothing while no socket is open. */
  check(): Promise<void>
}

export interface SocketWatchOptions<Socket> {
  readonly standings: Standings
  readonly isOpen: (socket: Socket) => boolean
  readonly close: (socket: Socket) => void
}

interface Standing {
  readonly id: string
  readonly digest: string
  /** Access epoch at which it was last found to be what it was. */
  epoch: number
}

/** Watches sockets; `check` has to be called again and again, since a change may come from any node, by no message at all. */
export function watchSockets<Socket>({ standings, isOpen, close }: SocketWatchOptions<Socket>): SocketWatch<Socket> {
  const watched = new Map<Socket, Standing>()

  return {
    admit: async (socket, { sessionId, apiKeyId }) => {
      const id = apiKeyId ?? sessionId
      // System work opens no sockets; whoever does without a credential of the database has no rights that could change there.
      if (id === undefined) return true
      const { epoch, digests } = await standings.read([id])
      const digest = digests.get(id)
      if (digest === undefined) return false
      if (isOpen(socket)) watched.set(socket, { id, digest, epoch })
      return true
    },
    leave: (socket) => {
      watched.delete(socket)
    },
    check: async () => {
      if (watched.size === 0) return
      const epoch = await standings.epoch()
      // What is admitted while this reads has been read later, or shows its older epoch to the next check.
      const stale = [...watched].filter(([, standing]) => standing.epoch !== epoch)
      if (stale.length === 0) return
      const found = await standings.read([...new Set(stale.map(([, { id }]) => id))])
      for (const [socket, standing] of stale) {
        if (found.digests.get(standing.id) === standing.digest) standing.epoch = found.epoch
        else {
          watched.delete(socket)
          close(socket)
        }
      }
    },
  }
}
