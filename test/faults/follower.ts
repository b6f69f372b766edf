import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { errorFlaws } from './exchange.ts'
import { ownersIn } from './workload.ts'

export type FollowedModule = 'account' | 'activity'

/** A change as it was told. */
export interface ToldChange {
  readonly id: string
  readonly version: number
  readonly operation: string
}

/** Somebody who follows the changes of a module over a socket, and goes on after his last cursor whenever it is lost. */
export interface Follower {
  readonly name: string
  readonly module: FollowedModule
  /** Whose records he sees; everybody's where there is nobody. */
  readonly owner: string | undefined
  readonly told: readonly ToldChange[]
  /** Codes with which sockets were closed by the other side. */
  readonly closes: readonly number[]
  readonly flaws: readonly string[]
  readonly foreign: readonly string[]
  stop(): Promise<void>
}

export interface FollowerOptions {
  readonly name: string
  readonly module: FollowedModule
  readonly owner?: string
  readonly url: () => string
  readonly token: string
  readonly after: string
}

/** Codes after which he just goes on. */
const PASSING = new Set(['UNAVAILABLE'])
/** A socket that says nothing for so many milliseconds is given up: a server that is cut off may not even close it. */
const SILENCE = 3_000

export function startFollower({ name, module, owner, url, token, after }: FollowerOptions): Follower {
  const query = `subscription ($after: String) { changed: ${module}Changed(after: $after) { cursor operation id version record: ${module} { id owner { id } } } }`
  const told: ToldChange[] = []
  const closes: number[] = []
  const flaws: string[] = []
  const foreign: string[] = []
  let cursor = after
  let stopped = false
  let end = (): void => {}

  const take = ({ data, errors }: { data?: unknown; errors?: readonly unknown[] | undefined }): void => {
    if (errors) {
      refuse(errors)
      return
    }
    const { changed } = data as { changed: ToldChange & { readonly cursor: string } }
    cursor = changed.cursor
    told.push({ id: changed.id, version: changed.version, operation: changed.operation })
    for (const of of ownersIn(data)) if (owner !== undefined && of !== owner) foreign.push(`a record of ${of} told to ${name}`)
  }
  const refuse = (errors: readonly unknown[]): void => {
    const list = errors as readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[]
    flaws.push(...errorFlaws(list))
    for (const { extensions } of list) if (!PASSING.has(String(extensions?.['code']))) flaws.push(`${name} was told ${JSON.stringify(extensions)}`)
  }

  /** One socket, until it or its subscription ends. */
  async function follow(): Promise<void> {
    let socket: WebSocket | undefined
    const client = createClient({
      url: `${url().replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols: string[]) {
          super(address, protocols)
          socket = this
        }
      },
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
      lazyCloseTimeout: 0,
      keepAlive: SILENCE / 2,
    })
    client.on('closed', (event) => {
      const { code, wasClean } = event as { code: number; wasClean: boolean }
      if (wasClean && !stopped) closes.push(code)
    })
    let silence: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      end = resolve
      const hear = (): void => {
        clearTimeout(silence)
        silence = setTimeout(resolve, SILENCE)
      }
      hear()
      client.on('pong', hear)
      client.subscribe<unknown>(
        { query, variables: { after: cursor } },
        {
          next: (answer) => {
            hear()
            take(answer)
          },
          error: (error) => {
            if (Array.isArray(error)) refuse(error)
            resolve()
          },
          complete: resolve,
        },
      )
    })
    clearTimeout(silence)
    await client.dispose()
    // A farewell that nobody answers would be waited for.
    socket?.terminate()
  }

  const running = (async () => {
    while (!stopped) {
      await follow()
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  return {
    name,
    module,
    owner,
    told,
    closes,
    flaws,
    foreign,
    stop: async () => {
      stopped = true
      end()
      await running
    },
  }
}
