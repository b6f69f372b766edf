import type { Message } from './protocol.ts'

/** One end of a channel: a child process seen from its parent, or the parent seen from the child. */
export interface Port {
  send(message: Message): void
  listen(hear: (message: Message) => void): void
}

export interface Channel {
  call(method: string, ...values: readonly unknown[]): Promise<unknown>
  /** Fails whatever waits for an answer. */
  close(why: string): void
}

type Handler = (...values: never[]) => Promise<unknown>

/** Calls in both directions. `busy` is told whether a call waits for its answer. */
export function openChannel(port: Port, handlers: Readonly<Record<string, Handler>>, busy: (isBusy: boolean) => void = () => {}): Channel {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let last = 0
  let closed: string | undefined
  const settle = (id: number) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) busy(false)
    return call
  }
  const answer = async (id: number, method: string, values: readonly unknown[]): Promise<Message> => {
    try {
      const handler = handlers[method]
      if (!handler) throw new Error(`nothing answers ${method}`)
      return { kind: 'answer', id, value: await handler(...(values as never[])) }
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error))
      return { kind: 'failure', id, message, stack }
    }
  }
  port.listen((message) => {
    if (message.kind === 'call')
      void answer(message.id, message.method, message.values).then((each) => {
        if (closed === undefined) port.send(each)
      })
    else if (message.kind === 'answer') settle(message.id)?.resolve(message.value)
    else settle(message.id)?.reject(Object.assign(new Error(message.message), message.stack !== undefined && { cause: message.stack }))
  })
  return {
    call: (method, ...values) =>
      new Promise((resolve, reject) => {
        if (closed !== undefined) return reject(new Error(closed))
        last += 1
        waiting.set(last, { resolve, reject })
        busy(true)
        port.send({ kind: 'call', id: last, method, values })
      }),
    close: (why) => {
      closed ??= why
      for (const id of [...waiting.keys()]) settle(id)?.reject(new Error(why))
    },
  }
}
