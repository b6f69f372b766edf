/**
 * The fenced blocks of a page, and how what they promise is compared with what came. `…` stands for anything: as a whole value, or within a text. `…name` stands for anything too, the first time;
 * from then on for what stood there.
 */

/** Blocks of a page: `{language, words, text, line}`; `words` is the rest of the line that opens a block. */
export function blocksOf(page) {
  return [...page.matchAll(/^```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: words = '', 3: text, index }) => ({
    language,
    words,
    text,
    line: page.slice(0, index).split('\n').length,
  }))
}

/** The part of a page under a heading of the second level. Throws where there is none. */
export function sectionOf(page, heading) {
  const begin = page.indexOf(`\n## ${heading}\n`)
  if (begin < 0) throw new Error(`there is no heading "${heading}"`)
  const end = page.indexOf('\n## ', begin + 1)
  // Lines before it stay, empty, so that numbers of lines are those of the page.
  return page.slice(0, begin).replaceAll(/[^\n]/g, '') + page.slice(begin, end < 0 ? undefined : end)
}

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')

/** The first line that is not among what was printed, in their order; undefined where all are. Test runners mark their lines each in its own way. */
export function missingLine(expected, printed) {
  let rest = printed
  for (const line of expected.split('\n').filter(Boolean)) {
    const pattern = new RegExp(`${escaped(line).replace(/^# (pass|fail)/, '(?:#|ℹ) $1')}[ \\t]*$`, 'm')
    const match = pattern.exec(rest)
    if (!match) return line
    rest = rest.slice(match.index + match[0].length)
  }
  return undefined
}

/** Where two values differ, as a path; undefined where they are the same. `names` holds what `…name` has stood for, and is added to. */
export function difference(expected, actual, names = new Map(), path = 'answer') {
  if (typeof expected === 'string' && expected.includes('…')) return fits(expected, actual, names) ? undefined : path
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) return Object.is(expected, actual) ? undefined : path
  if (Array.isArray(expected) !== Array.isArray(actual)) return path
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const found = difference(expected[key], actual[key], names, `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

function fits(expected, actual, names) {
  const name = /^…(\w+)$/.exec(expected)?.[1]
  if (name !== undefined) {
    if (actual === undefined || actual === null) return false
    if (!names.has(name)) names.set(name, actual)
    return Object.is(names.get(name), actual)
  }
  if (expected === '…') return actual !== undefined
  return typeof actual === 'string' && new RegExp(`^${escaped(expected)}$`, 's').test(actual)
}

/** The JSON values that stand one after the other in a text, whatever is between them. Throws on what is none. */
export function valuesIn(text) {
  const values = []
  let depth = 0
  let begin = 0
  for (const { 0: mark, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (mark.length > 1) continue
    if ('{['.includes(mark)) {
      if (depth === 0) begin = index
      depth += 1
    } else {
      depth -= 1
      if (depth === 0) values.push(JSON.parse(text.slice(begin, index + 1)))
    }
  }
  if (depth !== 0) throw new Error('a JSON value has no end')
  return values
}
