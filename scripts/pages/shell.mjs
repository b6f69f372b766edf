/** Commands of a page: one bash that all of them are typed into, and what runs beside it. */
import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds that one command may take. */
const LONGEST = 600_000

/** One bash that all commands are typed into, so that its folder and variables stay. */
export function openShell(folder, environment) {
  const shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let output = ''
  const hear = (data) => {
    output += data
    process.stdout.write(data)
  }
  shell.stdout.setEncoding('utf8').on('data', hear)
  shell.stderr.setEncoding('utf8').on('data', (data) => process.stderr.write(data))
  const isOver = () => shell.exitCode !== null || shell.signalCode !== null
  let count = 0
  return {
    /** What the commands have printed, and the folder and port that they are at now. Throws where one of them fails. */
    run: async (text) => {
      count += 1
      const mark = `--page-${process.pid}-${count}--`
      output = ''
      shell.stdin.write(`set -e\n${text}set +e\nprintf '\\n%s\\n%s\\n' '${mark}' "$PWD"\n`)
      const end = new RegExp(`\\n${mark}\\n(.*)\\n`)
      for (const deadline = Date.now() + LONGEST; !end.test(output); await delay(20)) {
        if (isOver()) throw new Error('a command failed; see above')
        if (Date.now() > deadline) throw new Error(`a command takes longer than ${LONGEST / 1000} s`)
      }
      const [whole, directory] = end.exec(output)
      return { printed: output.replace(whole, ''), directory }
    },
    close: () => {
      if (!isOver()) process.kill(-shell.pid, 'SIGKILL')
    },
  }
}

/** A command that runs until the end, in the folder that the others have come to. */
export function runBeside(text, directory, environment) {
  const child = spawn('bash', ['--noprofile', '--norc', '-c', `exec ${text.trim()}`], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const state = { output: '', over: false }
  const hear = (data) => {
    state.output += data
    process.stdout.write(data)
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  ended.then(() => {
    state.over = true
  })
  return {
    state,
    stop: async () => {
      // As Ctrl-C does it: to all that the terminal runs.
      if (!state.over) process.kill(-child.pid, 'SIGINT')
      await Promise.race([ended, delay(20_000, undefined, { ref: false })])
      if (!state.over) process.kill(-child.pid, 'SIGKILL')
    },
  }
}
