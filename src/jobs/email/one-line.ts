import { shortened } from '../../lib/shortened.ts'

/** What belongs on one line: no line breaks, no other control characters, no runs of space, at most so many characters. Nothing that somebody wrote can begin another header. */
export function oneLine(text: string, length: number): string {
  const plain = text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  return shortened(plain, length)
}
