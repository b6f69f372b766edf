import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { openChannel } from './channel.ts'
import type { HostCalls, Message, TestCalls } from './protocol.ts'

/** The process of one test server. It ends with this process, however that ends. */
export interface HostProcess {
  readonly calls: HostCalls
  /** Ends it; what it holds should have been let go before. */
  end(): Promise<void>
}

/** Milliseconds that the process gets to end by itself. */
const FAREWELL = 10_000

/** Starts the process. It keeps nobody alive, but for the time of a call. */
export function startHostProcess(answers: TestCalls): HostProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const child = fork(fileURLToPath(new URL(`./host/main.${extension}`, import.meta.url)), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The test runner's own options are not the server's.
    execArgv: extension === 'ts' ? ['--import', new URL('../../scripts/typescript.mjs', import.meta.url).href] : [],
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const channel = openChannel(portOf(child), { request: answers.request }, (isBusy) => {
    if (isBusy) child.channel?.ref()
    else child.channel?.unref()
  })
  void ended.then(() => channel.close('The process of the test server has ended.'))
  child.unref()
  child.channel?.unref()
  return {
    calls: new Proxy({} as HostCalls, {
      get:
        (_, method: string) =>
        (...values: unknown[]) =>
          channel.call(method, ...values),
    }),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.ref()
      const late = setTimeout(() => child.kill('SIGKILL'), FAREWELL)
      if (child.connected) child.disconnect()
      await ended
      clearTimeout(late)
    },
  }
}

function portOf(child: ChildProcess) {
  return {
    // A process that has ended is told of by its end.
    send: (message: Message) => void (child.connected && child.send(message, () => {})),
    listen: (hear: (message: Message) => void) => void child.on('message', (message) => hear(message as Message)),
  }
}
