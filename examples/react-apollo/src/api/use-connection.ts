import type { Client } from 'graphql-ws'
import { useEffect, useState } from 'react'

/** Whether the socket is connected. */
export function useConnection(socket: Client): boolean {
  const [connected, setConnected] = useState(false)
  useEffect(() => {
    const ends = [socket.on('connected', () => setConnected(true)), socket.on('closed', () => setConnected(false))]
    return () => {
      for (const end of ends) end()
    }
  }, [socket])
  return connected
}
