/**
 * Import direction as a lint: `node scripts/lint-imports.mjs [folder with src]`. Prints each import that FLOORS does not allow,
 * and each cycle of files; exits 1 when there is one. Rules: ./import-floors.mjs.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { FLOORS, RECURSIONS } from './import-floors.mjs'

const STATEMENT = /(?:^|\n)[ \t]*(?:import|export)\s+(type\s+)?((?:[\w$]+\s*,?\s*)?(?:\*\s*as\s+[\w$]+|\*|\{[^}]*\})?)\s*from\s*(['"])([^'"\n]+)\3/g
const BARE = /(?:^|\n)[ \t]*import\s*(['"])([^'"\n]+)\1/g
const DYNAMIC = /\bimport\(\s*(['"])([^'"\n]+)\1/g

/** All imports of a TypeScript text: `{specifier, typeOnly}`. `import { type A }` counts as type-only too. */
function importsOf(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '')
  const found = []
  for (const [, type, names, , specifier] of code.matchAll(STATEMENT)) {
    const members = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1].match(/[^,\s][^,]*/g)
    found.push({ specifier, typeOnly: Boolean(type) || Boolean(members?.every((name) => name.startsWith('type '))) })
  }
  for (const [, , specifier] of code.matchAll(BARE)) found.push({ specifier, typeOnly: false })
  for (const [, , specifier] of code.matchAll(DYNAMIC)) found.push({ specifier, typeOnly: false })
  return found
}

function* typescriptFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* typescriptFiles(path)
    else if (/\.[cm]?ts$/.test(entry.name)) yield path
  }
}

/** A path is in a folder (`records/read/plan.ts` in `records`), or is that file itself. */
const within = (path, folder) => path === folder || path.startsWith(`${folder}/`)

/** The floor with the longest matching name. */
function floorOf(path) {
  return FLOORS.filter((floor) => within(path, floor.name)).sort((a, b) => b.name.length - a.name.length)[0]
}

/** `name` matches a package specifier: itself or something inside it (`graphql`, `graphql/language`); `@scope/*` a whole scope. */
const isPackage = (specifier, name) => (name.endsWith('/*') ? specifier.startsWith(name.slice(0, -1)) : within(specifier, name))

/** The folder of a floor that a path is in. */
const folderIn = (floor, path) => path.slice(floor.name.length + 1).split('/')[0]

/** What is wrong with one import, or null. */
function judge(floor, from, target, { specifier, typeOnly }) {
  if (target === null) {
    const isKnown = !floor.onlyPackages || floor.onlyPackages.some((name) => isPackage(specifier, name))
    if (!isKnown) return `${floor.name} imports the packages ${floor.onlyPackages.join(', ')} alone; not ${specifier}`
    const banned = floor.neverPackages?.find((name) => isPackage(specifier, name))
    return banned ? `${floor.name} never imports the package ${specifier}` : null
  }
  if (!/\.(ts|json)$/.test(specifier)) return `relative imports end in .ts: ${specifier}`
  const targetFloor = floorOf(target)
  if (target.startsWith('..')) return `${specifier} leads out of src`
  if (!targetFloor) return `${target} belongs to no floor; give its folder a row in scripts/import-floors.mjs`
  if (floor.may === 'everything') return null
  if (targetFloor === floor)
    return floor.apart && folderIn(floor, from) !== folderIn(floor, target) ? `${folderIn(floor, from)} may not import ${target}` : null
  if (floor.may.some((name) => within(target, name))) return null
  if (typeOnly && floor.types?.some((name) => within(target, name))) return null
  const types = floor.types?.length ? `, and types of ${floor.types.join(', ')}` : ''
  return `${floor.name} may import ${floor.may.join(', ') || 'nothing'}${types}; not ${target}`
}

/** Groups of files that import each other in a circle (strongly connected components of more than one file, Tarjan). */
function cycles(graph) {
  const state = new Map()
  const stack = []
  const groups = []
  const visit = (node) => {
    const own = { index: state.size, low: state.size, open: true }
    state.set(node, own)
    stack.push(node)
    for (const next of graph.get(node) ?? []) {
      const other = state.get(next) ?? visit(next)
      if (other.open) own.low = Math.min(own.low, other.low)
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(node))
      for (const member of group) state.get(member).open = false
      if (group.length > 1) groups.push(group)
    }
    return own
  }
  for (const node of graph.keys()) if (!state.has(node)) visit(node)
  return groups
}

/** All problems below `root`/src, as sentences that start with the file. */
function lintImports(root) {
  const source = join(root, 'src')
  const problems = []
  const graph = new Map()
  for (const file of typescriptFiles(source)) {
    const from = relative(source, file).split(sep).join('/')
    const floor = floorOf(from)
    const imports = importsOf(readFileSync(file, 'utf8'))
    const targets = []
    if (!floor) problems.push(`src/${from}: belongs to no floor; give its folder a row in scripts/import-floors.mjs`)
    for (const entry of imports) {
      const target = entry.specifier.startsWith('.') ? posix.join(dirname(from).split(sep).join('/'), entry.specifier) : null
      if (target !== null && !entry.typeOnly) targets.push(target)
      const problem = floor ? judge(floor, from, target, entry) : null
      if (problem) problems.push(`src/${from}: ${problem}`)
    }
    graph.set(
      from,
      targets.filter((target) => target.endsWith('.ts') && target !== from),
    )
  }
  for (const group of cycles(graph)) {
    if (RECURSIONS.some(({ files }) => group.every((file) => files.includes(file)))) continue
    problems.push(`src/${group[0]}: imports itself in a circle through ${group.slice(1).join(', ')}`)
  }
  return problems.sort()
}

const problems = lintImports(resolve(process.argv[2] ?? '.'))
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(problems.length === 0 ? 'Imports follow the floors.\n' : `${problems.length} imports break the floors.\n`)
process.exitCode = problems.length === 0 ? 0 : 1
