import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processMark } from './process-mark.ts'

interface Holder {
  readonly pid: number
  readonly mark: string
}

/** Held until `release`, or until the process dies however it dies. */
export interface DirectoryLock {
  release(): void
}

/**
 * Takes the directory for this process. Answers the process id of the holder instead when another living process has it.
 * A lock of a dead process is taken over; of several takers exactly one succeeds, because a lock file is moved away before
 * it is replaced, and moved back when it turns out to be a living one.
 */
export function lockDirectory(directory: string): DirectoryLock | { heldBy: number } {
  const path = join(directory, 'guanxi.lock')
  const mine: Holder = { pid: process.pid, mark: processMark(process.pid) ?? '' }
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx', mode: 0o644 })
      return { release: () => release(path, mine) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = read(path)
    if (holder && holder.mark !== '' && processMark(holder.pid) === holder.mark) return { heldBy: holder.pid }
    clear(path, holder)
  }
}

/** Process id of the living holder, or undefined. */
export function lockHolder(directory: string): number | undefined {
  const holder = read(join(directory, 'guanxi.lock'))
  return holder && processMark(holder.pid) === holder.mark ? holder.pid : undefined
}

function clear(path: string, stale: Holder | undefined): void {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const moved = read(aside)
  if (moved && (moved.pid !== stale?.pid || moved.mark !== stale.mark)) renameSync(aside, path)
  else rmSync(aside, { force: true })
}

function release(path: string, mine: Holder): void {
  const holder = read(path)
  if (holder?.pid === mine.pid && holder.mark === mine.mark) rmSync(path, { force: true })
}

function read(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return typeof value.pid === 'number' && typeof value.mark === 'string' ? { pid: value.pid, mark: value.mark } : undefined
  } catch {
    return undefined
  }
}
