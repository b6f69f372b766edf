import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What tells a process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Does the work of a script in a new folder for temporary files. Everybody may enter it: PostgreSQL, which never runs as root, keeps its data there then. `work(folder, atEnd)` tells `atEnd` how to stop
 * each thing that it starts; this is done, the last first, and the folder goes, when the work is done, when it fails, and when the script is told to end. A failure is printed, and makes the exit code 1.
 */
export async function inFolder(name, work) {
  const folder = mkdtempSync(join(tmpdir(), `guanxi-${name}-`))
  chmodSync(folder, 0o755)
  const stops = []
  let ending
  const end = () => {
    ending ??= stopAll(stops).then(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    return ending
  }
  const endBy = async (signal) => {
    await end()
    // The process ends as it would have without all this.
    for (const each of SIGNALS) process.off(each, endBy)
    process.kill(process.pid, signal)
  }
  for (const signal of SIGNALS) process.on(signal, endBy)
  try {
    await work(folder, (stop) => stops.push(stop))
  } catch (error) {
    // What was stopped fails.
    if (!ending) tell(error)
  }
  await end()
  for (const signal of SIGNALS) process.off(signal, endBy)
}

async function stopAll(stops) {
  for (const stop of stops.reverse()) {
    try {
      await stop()
    } catch (error) {
      tell(error)
    }
  }
}

function tell(error) {
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}
