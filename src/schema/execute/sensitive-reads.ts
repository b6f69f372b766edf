import { createHmac, randomBytes } from 'node:crypto'
import { type FieldNode, print } from 'graphql'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Principal } from '../../records/access/policy.ts'
import { MOST_NAMED, type SensitiveRead } from '../../records/audit/index.ts'
import { type ReadRequest, type SensitiveRequest, sensitiveRequest } from '../../records/read/index.ts'
import type { Runtime } from '../operation.ts'
import type { EngineSettings } from './session.ts'

/** The member that holds the id of a record which shows sensitive fields. Random, so that no value that somebody stored can look like it. */
const MARK = `#${randomBytes(16).toString('hex')}`
/** As PostgreSQL writes it: the first of at least two members. What stands in texts has its quotes escaped. */
const MARKED = new RegExp(`"${MARK}":(?:null|"([0-9a-f-]{36})"),`, 'g')

/** A request as it is planned, with what it shows of sensitive fields. */
export type WatchedRequest = Pick<SensitiveRequest, 'request'> & { readonly shown: SensitiveRequest['shown'] | null }

/** Looks for sensitive fields, once for a plan. */
export function watched(request: ReadRequest, principal: Principal, runtime: Runtime): WatchedRequest {
  return sensitiveRequest(request, principal.policy, runtime.registry, MARK) ?? { request, shown: null }
}

/** What was asked by a root field or a member. */
export interface Asked {
  readonly nodes: readonly FieldNode[]
  readonly variables: Readonly<Record<string, unknown>>
}

/** Takes the marks out of an answer's text and tells what it shows. */
export function takeReads(
  text: string,
  { request, shown }: { readonly request: ReadRequest; readonly shown: SensitiveRequest['shown'] },
  principal: Principal,
  asked: Asked,
  settings: EngineSettings,
): { readonly text: string; readonly reads: readonly SensitiveRead[] } {
  const ids = new Map<number | null, Set<string>>()
  const clean = text.replaceAll(MARKED, (_mark, id: string | undefined) => {
    if (id === undefined) return ''
    const number = moduleNumberOf(id)
    const known = ids.get(number)
    if (known) known.add(id)
    else ids.set(number, new Set([id]))
    return ''
  })
  let digest: string | undefined
  const digested = (): string => {
    digest ??= digestOf(asked, settings)
    return digest
  }
  const reads = [...shown].flatMap(([module, fields]): SensitiveRead[] => {
    const base = { principal, verb: 'read' as const, module, fields: [...fields] }
    if (request.kind === 'aggregate') return [{ ...base, ids: null, asked: digested() }]
    const found = ids.get(module.number)
    return found ? [{ ...base, ids: found, asked: found.size > MOST_NAMED ? digested() : null }] : []
  })
  return { text: clean, reads }
}

/** Equal for what asks the same, without a way back to the values that it holds. */
export function digestOf({ nodes, variables }: Asked, { cursorKey }: EngineSettings): string {
  const questions = nodes.map((node) => [node.name.value, ...(node.arguments ?? []).map(print)])
  return createHmac('sha256', cursorKey)
    .update('audit\n')
    .update(JSON.stringify([questions, variables]))
    .digest('hex')
}
