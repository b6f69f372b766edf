import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { ZH_CN } from '../../src/errors/zh-cn/index.ts'
import { saidTemplates, templatesIn } from './said-templates.ts'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
const TABLES = new URL('../../src/errors/zh-cn/', import.meta.url)
/** What is put in place of a value, and nothing else. */
const BARE = /^[{}\d\s]*$/

const placesOf = (template: string): string[] => [...template.matchAll(/\{(\d+)\}/g)].map(([place]) => place).sort()

const said = saidTemplates(SOURCE)

describe('Chinese', () => {
  test('has a sentence for each that the source says, and none besides', () => {
    const templates = new Set(said.map(({ template }) => template))
    expect(templates.size).toBeGreaterThan(700)
    expect(said.filter(({ template }) => !ZH_CN.has(template)).map(({ file, template }) => `${file}: ${template}`)).toEqual([])
    expect([...ZH_CN.keys()].filter((template) => !templates.has(template))).toEqual([])
  })

  test('puts each value of a sentence into it, and no other', () => {
    const wrong = [...ZH_CN].filter(([english, chinese]) => placesOf(english).join() !== placesOf(chinese).join())
    expect(wrong).toEqual([])
  })

  test('says each sentence once, in one of the tables', async () => {
    const files = readdirSync(TABLES).filter((file) => file !== 'index.ts')
    const tables = await Promise.all(files.map((file) => import(new URL(file, TABLES).href) as Promise<Record<string, Record<string, string>>>))
    const keys = tables.flatMap((table) => Object.values(table).flatMap((sentences) => Object.keys(sentences)))
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
    expect(keys.length).toBe(ZH_CN.size)
  })

  test('is Chinese: with its own punctuation, and no sentence left in English', () => {
    const sentences = [...ZH_CN.values()]
    expect(sentences.filter((sentence) => /[一-鿿][,;:!?]/.test(sentence))).toEqual([])
    // A full stop of English at the end of a sentence.
    expect(sentences.filter((sentence) => /[一-鿿}]\.$/.test(sentence))).toEqual([])
    const untranslated = [...ZH_CN].filter(([english, chinese]) => !/[一-鿿]/.test(chinese) && !BARE.test(english.replaceAll(/[^\p{L}{}\d]/gu, '')))
    expect(untranslated).toEqual([
      ['recurrence: {0} {1}.', 'recurrence：{0} {1}。'],
      ['null', 'null'],
    ])
  })
})

describe('a sentence of the source', () => {
  test('holds no English in its values, where no table could find it', () => {
    expect(said.filter(({ hidden }) => hidden.length > 0)).toEqual([])
  })

  test('has no text of its own that looks like a place', () => {
    expect(said.filter(({ template }) => placesOf(template).length !== new Set(placesOf(template)).size).map(({ template }) => template)).toEqual([])
  })

  test('is found wherever it stands', () => {
    const source = `
      const a = say\`one \${first} and \${x ? say\`two \${y}\` : z}\`
      class B { @Decorated() method() { return [{ message: say\`three\` }] } }
      const other = tag\`not this\``
    expect(templatesIn(source, 'x.ts').map(({ template }) => template)).toEqual(['one {0} and {1}', 'two {0}', 'three'])
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source text
    const hiding = 'say`${many ? "several of them" : one} ${kind ?? "thing"} ${`the ${x} one`}`'
    expect(templatesIn(hiding, 'x.ts')[0]?.hidden).toEqual(['several of them', 'thing'])
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is source text
    expect(templatesIn('say`${`of ${a} the two kinds`}`', 'x.ts')[0]?.hidden).toEqual([' the two kinds'])
  })
})
