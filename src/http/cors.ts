import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { say } from '../errors/index.ts'
import { sendError } from './error-body.ts'

/** Pages of this machine, whatever their port. */
const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

/** Headers of answers that a page may read. */
const READABLE = ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy']

/**
 * Lets pages of these origins (`*` for all) call what is served by `app`, from a browser. `local`: those of this machine as well. Nothing is sent along by a browser by itself that would count
 * for something here, so no credentials are allowed.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[], local: boolean): Promise<void> {
  const allowed = new Set(origins)
  const isAllowed = (origin: string | undefined) => origin !== undefined && (allowed.has('*') || allowed.has(origin) || (local && LOCAL.test(origin)))
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, 'access-control-request-method': asked } = request.headers
    if (request.method !== 'OPTIONS' || (asked !== undefined && isAllowed(origin))) return done()
    reply.header('allow', 'GET, POST').header('vary', 'Origin')
    if (asked === undefined) sendError(request, reply, 405, { code: 'GRAPHQL_PARSE_FAILED', message: say`Send operations by POST, or queries by GET.` })
    else
      sendError(request, reply, 403, {
        code: 'FORBIDDEN',
        message: say`Pages of this origin may not call the API from a browser. CORS_ORIGINS says which may.`,
      })
  })
  await app.register(cors, {
    origin: (origin, decide) => decide(null, isAllowed(origin)),
    methods: ['GET', 'POST'],
    exposedHeaders: READABLE,
    credentials: false,
    maxAge: 3_600,
  })
}
