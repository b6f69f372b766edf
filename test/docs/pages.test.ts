import { describe, expect, test } from '@jest/globals'
import { blocksOf, difference, missingLine, sectionOf, valuesIn } from '../../scripts/pages/page.mjs'
import { PAGES, readPage } from '../support/pages.ts'

/** What pages are followed with finds what differs. */
describe('an answer', () => {
  const DIFFERENT: readonly (readonly [what: string, expected: unknown, actual: unknown, where: string])[] = [
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, 'answer.a.b'],
    ['a member that is missing', { a: 1 }, {}, 'answer.a'],
    ['a member too many', {}, { a: 1 }, 'answer.a'],
    ['a record too few', [{ a: 1 }], [], 'answer.0'],
    ['an object in the place of a list', [], {}, 'answer'],
    ['null in the place of an object', { a: {} }, { a: null }, 'answer.a'],
    ['a number in the place of text', { a: '1' }, { a: 1 }, 'answer.a'],
    ['nothing where something must be', { a: '…' }, {}, 'answer.a'],
    ['another text around what is left open', 'C-…', 'D-1', 'answer'],
    ['another value of one name', ['…id', '…id'], ['x', 'y'], 'answer.1'],
    ['null for a name', '…id', null, 'answer'],
  ]

  test.each(DIFFERENT)('with %s differs', (_, expected, actual, where) => {
    expect(difference(expected, actual)).toBe(where)
  })

  test('with all that is shown is the same, whatever stands for what is left open', () => {
    const names = new Map<string, unknown>()
    expect(difference({ a: '…', b: ['C-…', null], c: '…id' }, { a: { any: 1 }, b: ['C-7', null], c: 'x' }, names)).toBeUndefined()
    expect(names.get('id')).toBe('x')
    expect(difference('…id', 'x', names)).toBeUndefined()
    expect(difference('…id', 'y', names)).toBe('answer')
  })
})

describe('what was printed', () => {
  test('holds lines in their order', () => {
    expect(missingLine('b\nd\n', 'a\nb\nc\nd\n')).toBeUndefined()
    expect(missingLine('d\nb\n', 'a\nb\nc\nd\n')).toBe('b')
    expect(missingLine('ready after … s.', 'it is ready after 3.5 s.')).toBeUndefined()
    expect(missingLine('1.5', '125')).toBe('1.5')
  })

  test('is taken apart into its values', () => {
    expect(valuesIn('{"a":"}{"}[1]\n{"b":"\\""}')).toEqual([{ a: '}{' }, [1], { b: '"' }])
    expect(valuesIn('curl: (7) Failed to connect')).toEqual([])
    expect(() => valuesIn('{"a": 1')).toThrow('no end')
  })
})

test('a page is its blocks, by language, words and line', () => {
  const page = '# A\n\n## B\n\n```sh background\nx\n```\n\n## C\n\n```json answers\n{}\n```\n'
  expect(blocksOf(page)).toEqual([
    { language: 'sh', words: 'background', text: 'x\n', line: 5 },
    { language: 'json', words: 'answers', text: '{}\n', line: 11 },
  ])
  expect(blocksOf(sectionOf(page, 'C'))).toEqual([{ language: 'json', words: 'answers', text: '{}\n', line: 11 }])
  expect(() => sectionOf(page, 'D')).toThrow('"D"')
})

/** What may stand behind the language of a block; a path otherwise. */
const WORDS: Readonly<Record<string, RegExp>> = {
  graphql: /^(as \w+)?$/,
  json: /^(answers|variables|[\w./-]+\.json)?$/,
  sh: /^(background|by hand)?$/,
  text: /^(prints)?$/,
}

test('no block of a page says what nobody understands', () => {
  const odd = PAGES.flatMap((path) =>
    blocksOf(readPage(path)).flatMap(({ language, words, line }) =>
      (WORDS[language] ?? /^([\w./-]+\.\w+)?$/).test(words) ? [] : [`${path}:${line}: ${language} ${words}`],
    ),
  )
  expect(odd).toEqual([])
})

/** Pages whose commands are followed by scripts, or are those of one that is. */
const FOLLOWED = ['README.md', 'README.zh-CN.md', 'docs/getting-started.md', 'docs/plugins/tutorial.md']

test('every answer follows what is asked, and is compared with it', () => {
  const alone = PAGES.flatMap((path) => {
    const blocks = blocksOf(readPage(path))
    return blocks.flatMap(({ words, line }, index) => {
      if (words !== 'answers' && words !== 'variables') return []
      const before = blocks[index - 1]
      const asked =
        before?.language === 'graphql' || (before?.language === 'sh' && FOLLOWED.includes(path)) || (words === 'answers' && before?.words === 'variables')
      return asked ? [] : [`${path}:${line}`]
    })
  })
  expect(alone).toEqual([])
})
