/** A fenced block of a page. */
export interface PageBlock {
  readonly language: string
  /** The rest of the line that opens it. */
  readonly words: string
  readonly text: string
  /** Of the page, from 1. */
  readonly line: number
}

/** Blocks of a page in its order. */
export function blocksOf(page: string): PageBlock[]
/** The part of a page under a heading of the second level; lines before it are empty. */
export function sectionOf(page: string, heading: string): string
/** The first line that is not among what was printed, in their order. */
export function missingLine(expected: string, printed: string): string | undefined
/** Where two values differ, as a path; undefined where they are the same. `names` holds what `…name` has stood for, and is added to. */
export function difference(expected: unknown, actual: unknown, names?: Map<string, unknown>): string | undefined
/** The JSON values that stand one after the other in a text. */
export function valuesIn(text: string): unknown[]
