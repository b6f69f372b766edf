/**
 * What the page may load and do: scripts, workers and connections of this server alone, no code that a text was made into, no place in another page. Styles may stand inline: the editor
 * writes those of its lines and themes itself.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What the page's files may do, of which a worker is one by itself: run. */
export const FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Headers of the page besides. */
export const PAGE_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'accept',
}
