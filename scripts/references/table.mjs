/** A text within a cell of a table. */
export const cell = (text) => (text ?? '').replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()

/** A table of Markdown; nothing where it has no rows. */
export const table = (heads, rows) =>
  rows.length === 0 ? '' : [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---|').join('')}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')

/** A text in backticks, within a cell. */
export const code = (text) => `\`${cell(String(text))}\``
