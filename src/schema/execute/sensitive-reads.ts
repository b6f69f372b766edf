import { createHmac, randomBytes } from 'node:crypto'
import { type FieldNode, type GraphQLFormattedError, print } from 'graphql'
import { isObject } from '../../lib/is-object.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Principal } from '../../records/access/policy.ts'
import { MOST_NAMED, type SensitiveRead } from '../../records/audit/index.ts'
import { isSensitive, type ReadRequest, type SensitiveRequest, sensitiveRequest } from '../../records/read/index.ts'
import type { Registry } from '../../records/registry/definition.ts'
import type { Runtime } from '../operation.ts'
import type { EngineSettings } from './session.ts'

/** The member that holds the id of a record which shows sensitive fields. Random, so that no value that somebody stored can look like it. */
const MARK = `#${randomBytes(16).toString('hex')}`
/** As PostgreSQL writes it: the first of at least two members. What stands in texts has its quotes escaped. */
const MARKED = new RegExp(`"${MARK}":(?:null|"([0-9a-f-]{36})"),`, 'g')

/** A request as it is planned, and what of sensitive fields it shows or asks about; null for nothing. */
export interface WatchedRequest {
  readonly request: ReadRequest
  readonly sensitive: SensitiveRequest | null
}

/** Looks for sensitive fields, once for a plan. */
export function watched(request: ReadRequest, principal: Principal, runtime: Runtime): WatchedRequest {
  const sensitive = sensitiveRequest(request, principal.policy, runtime.registry, MARK)
  return { request: sensitive?.request ?? request, sensitive }
}

/** What was asked by a root field or a member. */
export interface Asked {
  readonly nodes: readonly FieldNode[]
  readonly variables: Readonly<Record<string, unknown>>
}

/** Takes the marks out of an answer's text and tells what it shows, and what was asked; text that is null shows nothing, which is an answer too. */
export function takeReads<Text extends string | null>(
  text: Text,
  { request, shown, asked: compared }: SensitiveRequest,
  principal: Principal,
  asked: Asked,
  settings: EngineSettings,
): { readonly text: Text; readonly reads: readonly SensitiveRead[] } {
  const ids = new Map<number | null, Set<string>>()
  const clean = text?.replaceAll(MARKED, (_mark, id: string | undefined) => {
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
  const named = [...shown].flatMap(([module, fields]): SensitiveRead[] => {
    const found = ids.get(module.number)
    return found ? [{ principal, verb: 'read', module, fields: [...fields], ids: found, asked: found.size > MOST_NAMED ? digested() : null }] : []
  })
  const unnamed = request.kind === 'aggregate' && text !== null ? [...compared, ...shown] : [...compared]
  return { text: (clean ?? null) as Text, reads: [...named, ...unnamedReads(unnamed, principal, digested)] }
}

/** One read a module that names no record. `asked` is called where there is one. */
export function unnamedReads(
  fields: Iterable<readonly [SensitiveRead['module'], ReadonlySet<string>]>,
  principal: Principal,
  asked: () => string,
): SensitiveRead[] {
  const united = new Map<SensitiveRead['module'], Set<string>>()
  for (const [module, ids] of fields) united.set(module, new Set([...(united.get(module) ?? []), ...ids]))
  return [...united].map(([module, ids]): SensitiveRead => ({ principal, verb: 'read', module, fields: [...ids], ids: null, asked: asked() }))
}

/** What the images of version conflicts show of sensitive fields. */
export function conflictReads(errors: readonly GraphQLFormattedError[] | undefined, principal: Principal, registry: Registry): SensitiveRead[] {
  return (errors ?? []).flatMap(({ extensions = {} }): SensitiveRead[] => {
    const { code, module: name, id, base, current } = extensions
    const module = code === 'VERSION_CONFLICT' ? registry.modules.get(String(name)) : undefined
    if (!module || typeof id !== 'string') return []
    const shows = (field: string) => [base, current].some((image) => isObject(image) && image[field] !== null && image[field] !== undefined)
    const fields = [...module.fields.values()].filter((field) => shows(field.name) && isSensitive(field, registry))
    return fields.length === 0 ? [] : [{ principal, verb: 'read', module, fields: fields.map((field) => field.id), ids: new Set([id]), asked: null }]
  })
}

/** Equal for what asks the same, without a way back to the values that it holds. */
export function digestOf({ nodes, variables }: Asked, settings: Pick<EngineSettings, 'cursorKey'>): string {
  const questions = nodes.map((node) => [node.name.value, ...(node.arguments ?? []).map(print)])
  return digestOfText(JSON.stringify([questions, variables]), settings)
}

export function digestOfText(text: string, { cursorKey }: Pick<EngineSettings, 'cursorKey'>): string {
  return createHmac('sha256', cursorKey).update('audit\n').update(text).digest('hex')
}
