/** Chinese characters, and what stands among them: the punctuation of Chinese. */
const ENDS_CHINESE = /[\p{Script=Han}\u3000-\u303f\uff00-\uff60“”‘’]$/u
const BEGINS_CHINESE = /^[\p{Script=Han}\u3000-\u303f\uff00-\uff60“”‘’]/u
const ENDS_HAN = /\p{Script=Han}$/u
const BEGINS_HAN = /^\p{Script=Han}/u
const ENDS_LATIN = /[A-Za-z0-9]$/
const BEGINS_LATIN = /^[A-Za-z0-9]/

/**
 * Puts values between the pieces of a Chinese sentence. A space stands between Chinese and Latin text, and none between Chinese and Chinese; which of them a value is shows when it is there. Spaces of the
 * sentence alone come and go: the values stay as they are.
 */
export function spacedChinese(pieces: readonly string[], values: readonly string[]): string {
  return pieces.reduce((text, piece, index) => {
    const value = values[index - 1] ?? ''
    if (value === '') return text + piece
    return (pieces[index - 1] === '' ? text : before(value, text)) + value + behind(value, piece)
  })
}

function before(value: string, text: string): string {
  if (text.endsWith(' ') && BEGINS_CHINESE.test(value) && ENDS_CHINESE.test(text.slice(0, -1))) return text.slice(0, -1)
  return ENDS_HAN.test(text) && BEGINS_LATIN.test(value) ? `${text} ` : text
}

function behind(value: string, piece: string): string {
  if (piece.startsWith(' ') && ENDS_CHINESE.test(value) && BEGINS_CHINESE.test(piece.slice(1))) return piece.slice(1)
  return BEGINS_HAN.test(piece) && ENDS_LATIN.test(value) ? ` ${piece}` : piece
}
