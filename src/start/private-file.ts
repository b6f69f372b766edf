import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** Reads a generated value, or makes it and keeps it, readable by its owner alone. `created` tells which. */
export function privateFile(path: string, generate: () => string): { value: string; created: boolean } {
  if (existsSync(path)) {
    const value = readFileSync(path, 'utf8').trim()
    if (value !== '') return { value, created: false }
  }
  const value = generate()
  writePrivateFile(path, value)
  return { value, created: true }
}

/** Replaces the file in one step (mode 0600), so that a crash leaves the old or the new content. */
export function writePrivateFile(path: string, value: string): void {
  const unfinished = `${path}.new`
  const file = openSync(unfinished, 'w', 0o600)
  writeSync(file, `${value}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(unfinished, path)
}
