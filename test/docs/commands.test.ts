import { describe, expect, test } from '@jest/globals'
import { commandReference, commandsOfProgram } from '../../scripts/references/commands.mjs'
import { commandLines } from '../support/page-names.ts'
import { readPage } from '../support/pages.ts'

const commands = await commandsOfProgram()

/** The command that the words of a line begin with, and what follows; undefined where there is none. */
function commandOf(words: readonly string[]) {
  return commands.find(({ words: [, ...own] }) => own.every((word, index) => words[index] === word))
}

/** What a line says behind `guanxi`, up to where the shell begins something else. */
function* calls(line: string): Generator<string[]> {
  for (const [, call] of line.matchAll(/(?:^|npx |&& |node bin\/)guanxi(?:\.js)? ([^&|;#\n]+)/g))
    yield (call as string)
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll(/^["'[]+|["'\],.]+$/g, ''))
}

/** What is wrong with a call; undefined where it is one. */
function flawOf(words: readonly string[]): string | undefined {
  const general = ['--help', '--version', '…']
  if (general.includes(words[0] as string)) return undefined
  const found = commandOf(words)
  if (!found) {
    // The head of several commands, named for all of them.
    const isHead = words.filter((word) => word !== '…').every((word, index) => commands.some(({ words: [, ...own] }) => own[index] === word))
    return isHead && words.length <= 2 ? undefined : 'no such command'
  }
  const known = new Set(found.command.options.flatMap(({ long, short }) => [long, short]))
  const unknown = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0] as string)
  return unknown.every((option) => known.has(option) || option === '--help') ? undefined : `no such option of ${found.words.join(' ')}: ${unknown.join(' ')}`
}

describe('the reference of commands', () => {
  test('has each command, and each option of it', async () => {
    const page = readPage('docs/cli.md')
    expect(await commandReference()).toBe(page)
    for (const { usage, command } of commands) {
      const [, section = ''] = page.split(`\n## \`${usage}\`\n`)
      const rows = (section.split('\n## ')[0] as string).split('\n').filter((line) => line.startsWith('| `'))
      expect([usage, rows.length]).toEqual([usage, command.options.length])
    }
    expect([...page.matchAll(/^## /gm)].length).toBe(commands.length)
    expect(commands.length).toBeGreaterThan(12)
  })
})

test('each command that a page names is there, with its options', () => {
  const flaws: string[] = []
  let count = 0
  for (const [page, line] of commandLines())
    for (const words of calls(line)) {
      count += 1
      const flaw = flawOf(words)
      if (flaw !== undefined) flaws.push(`${page}: guanxi ${words.join(' ')}: ${flaw}`)
    }
  expect(flaws).toEqual([])
  expect(count).toBeGreaterThan(25)
})

test('the check sees a command and an option that are not there', () => {
  expect(flawOf(['user', 'create', 'a@example.com', '--role', 'sales_rep'])).toBeUndefined()
  expect(flawOf(['user', 'make', 'a@example.com'])).toBe('no such command')
  expect(flawOf(['sync', '--into', 'folder'])).toContain('no such option')
})
