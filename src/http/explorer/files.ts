import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** What the build packs the explorer into; the same from the sources and from what is built of them. */
export const EXPLORER_FILES = fileURLToPath(new URL('../../../dist/explorer', import.meta.url))

/** The packed explorer. */
export interface ExplorerFiles {
  /** The page, HTML. */
  readonly page: string
  /** One of the page's files, by its name; undefined for any other name. */
  find(name: string): ExplorerFile | undefined
}

export interface ExplorerFile {
  readonly type: string
  /** Its content, as gzip or as it is. */
  read(compressed: boolean): Promise<Buffer>
}

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.ttf': 'font/ttf' }

/** Reads what is in the folder, which does not change any more; undefined where the explorer was not built. */
export function openExplorerFiles(folder: string): ExplorerFiles | undefined {
  const page = join(folder, 'index.html')
  if (!existsSync(page)) return undefined
  const files = new Map<string, ExplorerFile>()
  for (const stored of readdirSync(folder)) {
    const name = /^(.+)\.gz$/.exec(stored)?.[1]
    const type = TYPES[extname(name ?? '')]
    if (name !== undefined && type !== undefined) files.set(name, { type, read: (compressed) => content(join(folder, stored), compressed) })
  }
  return { page: readFileSync(page, 'utf8'), find: (name) => files.get(name) }
}

async function content(path: string, compressed: boolean): Promise<Buffer> {
  const packed = await readFile(path)
  return compressed ? packed : promisify(gunzip)(packed)
}
