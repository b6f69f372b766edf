/**
 * The reference of what plugins import, out of the sources of its types: their doc comments, and the signatures as they stand there. Reads text and no syntax tree, since the compiler has no interface for
 * programs; the formatter of this repository sees to it that declarations begin and end where they are looked for. Throws where an export is not found, so that nothing is left out.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DECLARATION = /^(export )?(?:declare |async )?(interface|type|class|const|function) (\w+)/

/** The text of a doc comment as one paragraph. */
function commentText(lines) {
  return lines
    .join('\n')
    .replace(/^\s*\/\*\*\s?/, '')
    .replace(/\s*\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join(' ')
    .trim()
}

/** Declarations of a file, by name: `{kind, name, doc, head, members, lines}`. */
function declarationsOf(text) {
  const lines = text.split('\n')
  const found = new Map()
  let comment = []
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]
    if (line.startsWith('/**')) {
      const end = lines.findIndex((each, at) => at >= index && each.includes('*/'))
      comment = lines.slice(index, end + 1)
      index = end
      continue
    }
    const [, , kind, name] = DECLARATION.exec(line) ?? []
    if (name) {
      const end = endOf(lines, index)
      const body = lines.slice(index, end + 1)
      // A later overload or value of the same name is the same thing.
      if (!found.has(name)) found.set(name, { kind, name, doc: commentText(comment), lines: body, members: membersOf(kind, body) })
      index = end
    }
    if (line.trim() !== '') comment = []
  }
  return found
}

/** The last line of a declaration: where its brackets are closed and the next line begins something else. */
function endOf(lines, begin) {
  let depth = 0
  for (let index = begin; index < lines.length; index += 1) {
    const bare = lines[index].replaceAll(/\/\*.*?\*\/|\/\/.*$|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '')
    for (const character of bare) depth += '{(['.includes(character) ? 1 : '})]'.includes(character) ? -1 : 0
    const next = lines[index + 1] ?? ''
    if (depth <= 0 && !/^\s+\S/.test(next)) return index
  }
  return lines.length - 1
}

/** Members of an interface or class, each with its comment; private ones and bodies are nobody's business. */
function membersOf(kind, lines) {
  if (kind !== 'interface' && kind !== 'class') return []
  const members = []
  let comment = []
  for (let index = 1; index < lines.length - 1; index += 1) {
    const line = lines[index]
    if (/^ {2}\/\*\*/.test(line)) {
      const end = lines.findIndex((each, at) => at >= index && each.includes('*/'))
      comment = lines.slice(index, end + 1)
      index = end
      continue
    }
    if (!/^ {2}[\w[]/.test(line)) continue
    const end = endOfMember(lines, index)
    const text = lines
      .slice(index, end + 1)
      .map((each) => each.trim())
      .join(' ')
      .replaceAll(/\/\*\*.*?\*\/ ?/g, '')
    members.push({ text: kind === 'class' ? withoutBody(text) : text, doc: commentText(comment) })
    comment = []
    index = end
  }
  return members
}

/** A member of a class without what it does, and without its value. */
function withoutBody(text) {
  return text.includes('(') ? text.replace(/\) \{.*\}$/, ')') : text.replace(/ = .*$/, '')
}

function endOfMember(lines, begin) {
  for (let index = begin; ; index += 1)
    if (/^ {2}[\w[/}]|^\}|^$/.test(lines[index + 1] ?? '')) return /^ {2}\}/.test(lines[index + 1] ?? '') ? index + 1 : index
}

/** Names that an entry point exports, in groups by the file that they come from. */
function exportsOf(file) {
  const groups = []
  const text = readFileSync(file, 'utf8')
  for (const [, type, names, path] of text.matchAll(/export (type )?\{([^}]*)\} from '([^']+)'/g)) {
    const listed = names
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter(Boolean)
    groups.push({ file: join(dirname(file), path), source: path, names: listed, type: Boolean(type) })
  }
  return groups
}

const cell = (text) => text.replaceAll('|', '\\|')

function signatureOf({ kind, lines, name }) {
  const text = lines.join('\n')
  if (kind === 'function') return text.slice(0, bodyAt(text)).trim().replace('export async ', 'export ')
  // Of a value, what it is stands in its text; a long one is cut to its first line.
  return kind === 'const' && lines.length > 1 ? `export const ${name}` : text
}

/** Where the body of a function begins: the first brace behind the closed parameters that ends its line. */
function bodyAt(text) {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '{' && depth === 0 && text[index + 1] === '\n') return index
    depth += '(<[{'.includes(text[index]) ? 1 : ')]}'.includes(text[index]) || (text[index] === '>' && text[index - 1] !== '=') ? -1 : 0
  }
  return text.length
}

function sectionOf(declaration, siblings, exported) {
  const { kind, name, doc, lines } = declaration
  const head = lines[0].replace(/\{$/, '').trim()
  const bases = [...(/ extends ([^{]+)/.exec(head)?.[1] ?? '').matchAll(/(\w+)(?:<[^>]*>)?/g)].map(([, base]) => base)
  const hidden = bases.flatMap((base) => (!exported.has(base) && siblings.get(base)?.kind === 'interface' ? siblings.get(base).members : []))
  const shown = bases.filter((base) => exported.has(base))
  const members = [...declaration.members, ...hidden]
  const parts = [`### \`${name}\``, doc]
  if (kind === 'interface' || kind === 'class') {
    const generic = /\w+(<.*?>)(?= extends [A-Z]\w*[<{ ]|$| implements)/.exec(head.replace(/^export (interface|class) /, ''))?.[1]
    if (generic) parts.push(`\`${name}${generic}\``)
    if (shown.length > 0) parts.push(`Has all that ${shown.map((base) => `[\`${base}\`](#${base.toLowerCase()})`).join(' and ')} has.`)
    if (members.length > 0)
      parts.push(['| member | meaning |', '|---|---|', ...members.map((member) => `| \`${cell(member.text)}\` | ${cell(member.doc)} |`)].join('\n'))
  } else parts.push(`\`\`\`ts\n${signatureOf(declaration)}\n\`\`\``)
  return parts.filter(Boolean).join('\n\n')
}

/** What an entry point hands on from packages, as one sentence each. */
function handedOn(groups) {
  return groups
    .filter(({ source }) => !source.startsWith('.'))
    .map(({ source, names }) => `From the package \`${source}\`, as they are there: ${names.map((name) => `\`${name}\``).join(', ')}.`)
}

/** The reference of one entry point. */
export function entryReference(file) {
  const all = exportsOf(file)
  const groups = all.filter(({ source }) => source.startsWith('.'))
  const exported = new Set(groups.flatMap(({ names }) => names))
  const here = declarationsOf(readFileSync(file, 'utf8'))
  const own = [...here.values()].filter(({ lines }) => lines[0].startsWith('export ')).map((declaration) => sectionOf(declaration, here, exported))
  const others = groups.flatMap(({ file: source, names }) => {
    const declarations = declarationsOf(readFileSync(source, 'utf8'))
    return names.map((name) => {
      const declaration = declarations.get(name)
      if (!declaration) throw new Error(`${source} has no declaration of ${name} that is found`)
      return sectionOf(declaration, declarations, exported)
    })
  })
  return [...handedOn(all), ...own, ...others].join('\n\n')
}
