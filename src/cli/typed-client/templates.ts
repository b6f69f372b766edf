import jsTokens from 'js-tokens'

/** GraphQL inside another text. */
export interface EmbeddedText {
  readonly text: string
  /** Characters before it. */
  readonly offset: number
}

const TAGS: ReadonlySet<string> = new Set(['gql', 'graphql'])
const MEANS_NOTHING: ReadonlySet<string> = new Set(['WhiteSpace', 'LineTerminatorSequence', 'SingleLineComment'])

/**
 * Templates that hold GraphQL in JavaScript or TypeScript, in their order: those that are tagged by `gql` or `graphql`, passed to a function of that name, or stand behind the comment GraphQL.
 * Whatever is put in by `${…}` becomes white space, so that places stay as they are.
 */
export function graphqlTemplates(source: string): EmbeddedText[] {
  // What `<` means is not told by tokens alone: where markup reads as comparisons, or type parameters as markup, the other reading finds the template.
  const found = new Map([false, true].flatMap((jsx) => [...templatesIn(source, jsx)].map((each) => [each.offset, each] as const)))
  return [...found.values()].sort((one, other) => one.offset - other.offset)
}

/** A template that is being read. */
interface OpenTemplate {
  readonly start: number
  readonly wanted: boolean
  text: string
}

function* templatesIn(source: string, jsx: boolean): Generator<EmbeddedText> {
  let offset = 0
  const meaningful: string[] = []
  const open: OpenTemplate[] = []
  const put = (text: string): void => {
    for (const template of open) template.text += text
  }
  for (const { type, value } of jsTokens(source, { jsx: jsx as true })) {
    if (type === 'NoSubstitutionTemplate') {
      if (isWanted(meaningful)) yield { text: value.slice(1, -1), offset: offset + 1 }
      put(blank(value))
    } else if (type === 'TemplateHead') {
      put(blank(value))
      open.push({ start: offset + 1, wanted: isWanted(meaningful), text: `${value.slice(1, -2)}  ` })
    } else if (type === 'TemplateMiddle' || type === 'TemplateTail') {
      const template = open.pop()
      put(blank(value))
      if (template && type === 'TemplateMiddle') open.push({ ...template, text: `${template.text} ${value.slice(1, -2)}  ` })
      else if (template?.wanted) yield { text: `${template.text} ${value.slice(1, -1)}`, offset: template.start }
    } else {
      put(blank(value))
    }
    offset += value.length
    if (!MEANS_NOTHING.has(type) && (type !== 'MultiLineComment' || isMark(value))) meaningful.push(value)
  }
}

/** By the tokens before a template. */
function isWanted(tokens: readonly string[]): boolean {
  const last = tokens.at(-1) ?? ''
  if (isMark(last)) return true
  const end = last === '(' ? tokens.length - 1 : tokens.length
  return TAGS.has(tokens[beforeTypeArguments(tokens, end) - 1] ?? '')
}

/** Where the type arguments begin that end before the token `end`; `end` itself where there are none. */
function beforeTypeArguments(tokens: readonly string[], end: number): number {
  let depth = 0
  for (let index = end - 1; index >= 0; index -= 1) {
    const token = tokens[index] as string
    if (/^>+$/.test(token)) depth += token.length
    else if (token === '<') depth -= 1
    if (depth === 0) return token === '<' ? index : end
  }
  return end
}

function isMark(comment: string): boolean {
  return /^\/\*\s*GraphQL\s*\*\/$/.test(comment)
}

function blank(text: string): string {
  return text.replace(/[^\n\r]/g, ' ')
}
