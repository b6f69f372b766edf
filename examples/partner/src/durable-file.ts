import { mkdirSync, readFileSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** One JSON value that is read as it was before a write or after it, at whatever moment the process or the machine stops. */
export interface DurableFile<Value> {
  read(): Value
  write(value: Value): Promise<void>
}

/** `initial` is what an absent file holds. One process at a time may use it. */
export function durableFile<Value>(path: string, initial: Value): DurableFile<Value> {
  mkdirSync(dirname(path), { recursive: true })
  return {
    read: () => {
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as Value
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return initial
        throw error
      }
    },
    write: async (value) => {
      const beside = `${path}.new`
      const file = await open(beside, 'w')
      await file.writeFile(JSON.stringify(value))
      await file.sync()
      await file.close()
      await rename(beside, path)
      // The new name is on the disk once the folder is.
      const folder = await open(dirname(path))
      await folder.sync()
      await folder.close()
    },
  }
}
