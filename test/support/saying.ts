/** Matches a message, or a text, that contains these words in English. */
export function saying(words: string): string {
  return { asymmetricMatch: (told: unknown) => String(told).includes(words), toString: () => 'saying', toAsymmetricMatcher: () => `saying "${words}"` } as never
}
