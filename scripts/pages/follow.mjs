/**
 * Follows a page: its fenced blocks say by their first line what they are. `sh` is run, `sh background` runs to the end, `sh by hand` is left out; `text prints` must be among what the last one has
 * printed, `json answers` must be all of it, and any other with a path is a file.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { blocksOf, difference, missingLine, valuesIn } from './page.mjs'
import { openShell, runBeside } from './shell.mjs'

/** Milliseconds that what runs in the background gets to print what the page says. */
const PATIENCE = 120_000

/**
 * Goes through the blocks of a page, or of parts of one (`pages`). Throws at the first difference, with its place. `server` is a command that runs from before the first block on; `ready` is what
 * it prints by then. What runs is stopped when it returns, or at the end that `atEnd` knows of.
 */
export async function followPage({ name, pages, folder, environment, server, ready, atEnd }) {
  const shell = openShell(folder, environment)
  const beside = []
  /** Whether the last commands run in the background. */
  let waits = false
  let directory = folder
  let printed = ''
  const stop = async () => {
    // First what speaks with the others.
    shell.close()
    for (const each of beside.toReversed()) await each.stop()
  }
  atEnd(stop)
  const begin = (text) => beside.push(runBeside(text, directory, environment))
  const compareText = async (text, running) => {
    if (!running) {
      const missing = missingLine(text, printed)
      if (missing !== undefined) throw new Error(`nothing was printed like: ${missing}`)
      return
    }
    for (const deadline = Date.now() + PATIENCE; missingLine(text, running.state.output) !== undefined; await delay(50)) {
      if (running.state.over || Date.now() > deadline) throw new Error(`nothing was printed like: ${missingLine(text, running.state.output)}`)
    }
  }
  const follow = async ({ language, words, text }) => {
    if (language === 'sh' && words === 'by hand') return
    if (language === 'sh' && words === 'background') {
      begin(text)
      waits = true
    } else if (language === 'sh') {
      waits = false
      ;({ printed, directory } = await shell.run(text))
    } else if (words === 'prints') await compareText(text, waits ? beside.at(-1) : undefined)
    else if (words === 'answers') {
      const where = difference(valuesIn(text), valuesIn(printed))
      if (where !== undefined) throw new Error(`the answer differs at ${where}: ${printed}`)
    } else if (words !== '') {
      mkdirSync(dirname(join(directory, words)), { recursive: true })
      writeFileSync(join(directory, words), text)
    }
  }
  try {
    if (server !== undefined) {
      begin(server)
      await compareText(ready, beside[0])
    }
    for (const block of pages.flatMap(blocksOf)) {
      try {
        await follow(block)
      } catch (error) {
        throw new Error(`${name}:${block.line}: ${error.message}`)
      }
    }
  } finally {
    await stop()
  }
}
