import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that is free now; `preferred` if that one is. */
export async function freePort(preferred?: number): Promise<number> {
  return (preferred ? await probe(preferred) : undefined) ?? ((await probe(0)) as number)
}

function probe(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}
