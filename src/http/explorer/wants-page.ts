import Negotiator from 'negotiator'

/** What /graphql answers with, in the order in which it is taken where the client likes them alike. */
const OFFERED = ['application/json', 'application/graphql-response+json', 'text/html']

/** Whether the client would rather have a page than JSON. Browsers that open an address would; programs that accept anything would not. */
export function wantsPage(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/html')) return false
  return new Negotiator({ headers: { accept } }).mediaType(OFFERED) === 'text/html'
}
