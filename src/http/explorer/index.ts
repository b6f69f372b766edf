import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { say } from '../../errors/index.ts'
import { sendError } from '../error-body.ts'
import { type DemoSessionOptions, registerDemoSessions } from './demo-sessions.ts'
import type { ExplorerFiles } from './files.ts'
import { FILE_POLICY, PAGE_HEADERS } from './policy.ts'
import { wantsPage } from './wants-page.ts'

export type { DemoSessions } from './demo-sessions.ts'
export { EXPLORER_FILES, openExplorerFiles } from './files.ts'

/** The explorer of this server. */
export interface ExplorerOptions {
  readonly files: ExplorerFiles
  /** Left out: everybody signs in with a password. */
  readonly demo?: DemoSessionOptions
}

/** Answers a request to /graphql with the page, where the client wants it; false where it is the API's to answer. */
export type AnswerPage = (request: FastifyRequest, reply: FastifyReply) => boolean

/** The files of the explorer and the sign-in of demo users; gives what answers its page. */
export function registerExplorer(app: FastifyInstance, { files, demo }: ExplorerOptions): AnswerPage {
  app.get('/graphql/explorer/:file', async (request, reply) => {
    const file = files.find((request.params as { readonly file: string }).file)
    if (!file) return sendError(request, reply, 404, { code: 'NOT_FOUND', message: say`The explorer has no such file.` })
    const compressed = /\bgzip\b(?!\s*;\s*q=0(\.0+)?\s*(,|$))/.test(String(request.headers['accept-encoding'] ?? ''))
    // Another content has another name.
    reply.header('cache-control', 'public, max-age=31536000, immutable').header('content-security-policy', FILE_POLICY)
    reply.header('cross-origin-resource-policy', 'same-origin').header('vary', 'accept-encoding').type(file.type)
    if (compressed) reply.header('content-encoding', 'gzip')
    return reply.send(await file.read(compressed))
  })
  if (demo) registerDemoSessions(app, demo)
  return (request, reply) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !wantsPage(request.headers.accept)) return false
    reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(files.page)
    return true
  }
}
