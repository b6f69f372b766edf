/** See statement-events.mjs. */
export function watchStatements(tell: (state: 'sent' | 'answered', text: string) => void): () => void
