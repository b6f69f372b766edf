import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { carry, errorsIn, given, inLocale, LOCALES, listed, Message, quoted, say, spoken } from '../../src/errors/index.ts'

const required = (name: string) => say`${name} is required.`

describe('a message', () => {
  test('is English as a string and in JSON, and Chinese where that is asked for', () => {
    const message = required('email')
    expect([String(message), JSON.stringify({ message }), inLocale(message, 'en'), inLocale(message, 'zh-CN')]).toEqual([
      'email is required.',
      '{"message":"email is required."}',
      'email is required.',
      'email 为必填项。',
    ])
  })

  test('puts values where the language has them', () => {
    const message = say`Your roles do not allow ${'UPDATE'} on ${'account'}.`
    expect(inLocale(message, 'zh-CN')).toBe('您的角色不允许对 account 执行 UPDATE。')
  })

  test('holds messages, which are written in the language of the whole', () => {
    const message = say`${say`A ${'MONEY'}`} cannot be indexed.`
    expect([String(message), inLocale(message, 'zh-CN')]).toEqual(['A MONEY cannot be indexed.', 'MONEY 字段不能建立索引。'])
  })

  test('has a space between Chinese and Latin text, and none inside of Chinese, whatever its values are', () => {
    const reaches = (what: string | Message) => inLocale(say`So ${'READ'} reaches ${what}.`, 'zh-CN')
    expect([reaches('account'), reaches('客户'), reaches(say`every record`), reaches('“A”'), reaches('')]).toEqual([
      '因此 READ 可涵盖 account。',
      '因此 READ 可涵盖客户。',
      '因此 READ 可涵盖所有记录。',
      '因此 READ 可涵盖“A”。',
      '因此 READ 可涵盖。',
    ])
    const required = (name: string) => inLocale(say`${name} is required.`, 'zh-CN')
    expect([required('email'), required('名称'), required(' x '), required('')]).toEqual([
      'email 为必填项。',
      '名称为必填项。',
      ' x  为必填项。',
      ' 为必填项。',
    ])
  })

  test('lists values by the separator of the language', () => {
    const message = say`Its options are ${listed(['a', 'b', 'c'])}.`
    expect([String(message), inLocale(message, 'zh-CN')]).toEqual(['Its options are a, b, c.', '其选项为 a、b、c。'])
    expect([String(listed(['a', 'b'], ' and ')), inLocale(listed(['a', 'b'], ' and '), 'zh-CN')]).toEqual(['a and b', 'a、b'])
  })

  test('from elsewhere is told in the languages that it has', () => {
    expect(LOCALES.map((locale) => inLocale(given('Nur so.'), locale))).toEqual(['Nur so.', 'Nur so.'])
    expect(LOCALES.map((locale) => inLocale(given({ en: 'Yes', 'zh-CN': '是' }), locale))).toEqual(['Yes', '是'])
    expect(LOCALES.map((locale) => inLocale(given({ en: 'Yes' }), locale))).toEqual(['Yes', 'Yes'])
  })

  test('that is quoted is introduced in other languages than English', () => {
    const message = quoted(say`The document or its variables do not fit the schema:`, 'Cannot query field "x".')
    expect(LOCALES.map((locale) => inLocale(message, locale))).toEqual(['Cannot query field "x".', '文档或其变量不符合 schema：Cannot query field "x".'])
  })

  test('without a translation is English, with what it holds', () => {
    const unknown = new Message({ kind: 'said', template: 'No table has {0} of this.', values: [required('a')] })
    expect(unknown.written('zh-CN', () => undefined)).toBe('No table has a is required. of this.')
  })

  test('every value comes through literally, whatever it looks like', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what looks like a place
    const odd = fc.oneof(fc.string(), fc.constantFrom('{0}', '{1}', '{2}', '${x}', '$&', '$1', '\\u0000', '{{0}}', '__proto__', '名称', ' 名 ', 'a'))
    fc.assert(
      fc.property(odd, odd, odd, fc.constantFrom(...LOCALES), (name, length, limit, locale) => {
        const text = inLocale(say`${name} has ${length} characters; at most ${limit} are allowed.`, locale)
        if (locale === 'en') expect(text).toBe(`${name} has ${length} characters; at most ${limit} are allowed.`)
        else expect(text.replaceAll(' ', '')).toBe(`${name}有${length}个字符；最多允许${limit}个。`.replaceAll(' ', ''))
        const between = locale === 'en' ? [' has ', ' characters; at most '] : ['有', '个字符；最多允许']
        expect(text.startsWith(name)).toBe(true)
        for (const [index, value] of [length, limit].entries()) {
          const behind = text.slice(
            text.indexOf(between[index] as string, index === 0 ? name.length : name.length + length.length) + (between[index] as string).length,
          )
          expect(behind.trimStart().startsWith(value.trimStart())).toBe(true)
        }
      }),
    )
  })

  test('is the same after it was packed', () => {
    const leaf = fc.oneof(fc.string(), fc.integer())
    const { message } = fc.letrec<{ message: Message; value: string | number | Message }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, leaf, tie('message')),
      message: fc.oneof(
        { maxDepth: 3 },
        fc.string().map((text) => given(text)),
        fc.tuple(fc.string(), fc.string()).map(([en, zh]) => given({ en, 'zh-CN': zh })),
        fc.array(tie('value')).map((items) => listed(items)),
        fc.tuple(tie('value'), tie('value')).map(([one, other]) => say`Your roles do not allow ${one} on ${other}.`),
        fc.tuple(tie('message'), fc.string()).map(([preface, text]) => quoted(preface, text)),
      ),
    }))
    fc.assert(
      fc.property(message, (one) => {
        const again = Message.unpacked(JSON.parse(JSON.stringify(one.packed())))
        expect(LOCALES.map((locale) => inLocale(again, locale))).toEqual(LOCALES.map((locale) => inLocale(one, locale)))
      }),
    )
  })
})

describe('what is told in a language', () => {
  test('messages anywhere in details; all else stays what it is', () => {
    const at = new Date(0)
    const details = { issues: [{ path: ['input', 0], code: 'REQUIRED', message: required('email') }], at, nothing: null, deep: { er: [required('a')] } }
    expect(spoken(details, 'zh-CN')).toEqual({
      issues: [{ path: ['input', 0], code: 'REQUIRED', message: 'email 为必填项。' }],
      at,
      nothing: null,
      deep: { er: ['a 为必填项。'] },
    })
  })

  test('errors that carry what they say; the others stay, and nothing of the first is changed', () => {
    const issue = { path: ['input'], code: 'REQUIRED', message: required('email') }
    const extensions = carry({ code: 'VALIDATION_FAILED', issues: spoken([issue], 'en') }, { message: required('email'), details: { issues: [issue] } })
    const errors = [
      { message: 'email is required.', path: ['createAccount'], extensions },
      { message: 'Elsewhere.', extensions: { code: 'INTERNAL' } },
    ]
    const before = JSON.stringify(errors)
    expect(errorsIn(errors, 'en')).toBe(errors)
    expect(errorsIn(errors, 'zh-CN')).toEqual([
      {
        message: 'email 为必填项。',
        path: ['createAccount'],
        extensions: { code: 'VALIDATION_FAILED', issues: [{ path: ['input'], code: 'REQUIRED', message: 'email 为必填项。' }] },
      },
      { message: 'Elsewhere.', extensions: { code: 'INTERNAL' } },
    ])
    expect(JSON.stringify(errors)).toBe(before)
    expect(Object.keys(extensions)).toEqual(['code', 'issues'])
  })
})
