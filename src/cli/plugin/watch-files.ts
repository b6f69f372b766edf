import { existsSync, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join, relative } from 'node:path'

/** Milliseconds for which nothing must have changed before it is told: a compiler writes one file after the other. */
const QUIET = 300

const LEFT_OUT = /(^|[/\\])(node_modules|\.guanxi|\.git)([/\\]|$)|\.(map|tsbuildinfo|d\.ts)$/

/**
 * Tells when what stands in files, or in files below folders, has become another from now on; a file that is written anew as it was is none of it. That is looked at once it is quiet: while a file is
 * written it is empty for a moment. Answers what ends the watch.
 */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  const contents = new Map(paths.flatMap(filesBelow).map((path) => [path, contentOf(path)]))
  const touched = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const compare = (): void => {
    const others = [...touched].map((path) => [path, contentOf(path)] as const).filter(([path, content]) => (contents.get(path) ?? '') !== content)
    touched.clear()
    for (const [path, content] of others) contents.set(path, content)
    if (others.length > 0) changed()
  }
  const look = (path: string): void => {
    touched.add(path)
    clearTimeout(timer)
    timer = setTimeout(compare, QUIET)
  }
  const watchers = paths.map((root) => {
    const isFolder = statSync(root).isDirectory()
    return watch(root, { recursive: isFolder }, (_event, name) => {
      if (!isFolder) look(root)
      else if (name !== null && !LEFT_OUT.test(name)) look(join(root, name))
    })
  })
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

function filesBelow(root: string): string[] {
  if (!statSync(root).isDirectory()) return [root]
  const below = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (LEFT_OUT.test(relative(root, path))) return []
      return entry.isDirectory() ? below(path) : entry.isFile() ? [path] : []
    })
  return below(root)
}

/** Empty for what is not there, or no file. */
function contentOf(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  } catch {
    return ''
  }
}
