import { createServer } from 'node:net'
import { StartupError } from '../errors/index.ts'

/** Refuses a port that is taken before anything else is started; the start itself still may lose it to another program. */
export async function checkPort(host: string, port: number): Promise<void> {
  if (port === 0) return
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  if (failure) throw listenFailure(failure, host, port)
}

/** One clear line for an error of `listen`. */
export function listenFailure({ code, message }: NodeJS.ErrnoException, host: string, port: number): StartupError {
  if (code === 'EADDRINUSE') return new StartupError(`PORT ${port} on ${host} is taken by another program. Stop it, or choose another PORT.`)
  if (code === 'EACCES') return new StartupError(`PORT ${port} may not be used without further rights. Choose a PORT above 1023.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartupError(`HOST ${host} is no address of this machine. Set HOST to one, e.g. 127.0.0.1 or 0.0.0.0.`)
  return new StartupError(`Cannot listen on ${host}:${port}: ${message}.`)
}
