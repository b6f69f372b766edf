import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_CODES, type ErrorCode, GuanxiError, type Message, say } from '../../errors/index.ts'
import { sendError } from '../error-body.ts'
import { isFromOwnMachine, isSameOrigin } from './own-machine.ts'

/** Sign-in of the demo users by one click. The password stays in the server. */
export interface DemoSessions {
  /** Demo users who can sign in; none where there is no demo data, or nobody knows its password. */
  users(): Promise<readonly { readonly email: string; readonly name: string; readonly roles: readonly string[] }[]>
  /** Opens a session of one of them. Throws NOT_FOUND for anybody else, and what a sign-in throws. */
  signIn(email: string, from: DemoOrigin): Promise<{ readonly accessToken: string; readonly refreshToken: string; readonly expiresAt: Date }>
}

interface DemoOrigin {
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
  readonly userAgent: string | null
}

export interface DemoSessionOptions {
  readonly demo: DemoSessions
  /** Requests from other machines too. */
  readonly everybody: boolean
}

export const DEMO_SESSIONS_PATH = '/graphql/explorer/demo-sessions'

/** Who may sign in, and the sign-in. To whoever may not use it, it is not there. */
export function registerDemoSessions(app: FastifyInstance, { demo, everybody }: DemoSessionOptions): void {
  const mayUse = ({ headers, ip, socket }: FastifyRequest): boolean =>
    isSameOrigin(headers) && (everybody || isFromOwnMachine({ peer: socket.remoteAddress, client: ip, headers }))
  app.route({
    method: ['GET', 'POST'],
    url: DEMO_SESSIONS_PATH,
    exposeHeadRoute: false,
    // Before the body is read.
    onRequest: async (request, reply) =>
      mayUse(request) ? undefined : refuse(request, reply, 'NOT_FOUND', say`There is nothing here. The API is at /graphql.`),
    handler: async (request, reply) => {
      reply.type('application/json; charset=utf-8')
      if (request.method === 'GET') return { users: await demo.users() }
      const email = (request.body as { email?: unknown } | null | undefined)?.email
      if (typeof email !== 'string')
        return refuse(request, reply, 'GRAPHQL_PARSE_FAILED', say`The body must be JSON with a member \`email\`: the address of a demo user.`)
      try {
        const userAgent = request.headers['user-agent'] ?? null
        const { accessToken, refreshToken, expiresAt } = await demo.signIn(email, {
          requestId: request.id,
          client: 'explorer',
          ip: request.ip,
          userAgent,
        })
        return { accessToken, refreshToken, expiresAt }
      } catch (error) {
        if (error instanceof GuanxiError) return refuse(request, reply, error.code, error.text)
        throw error
      }
    },
  })
}

function refuse(request: FastifyRequest, reply: FastifyReply, code: ErrorCode, message: Message): FastifyReply {
  return sendError(request, reply, code === 'NOT_FOUND' ? 404 : Math.max(ERROR_CODES[code].status, 400), { code, message })
}
