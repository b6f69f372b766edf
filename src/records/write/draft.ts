import { isGenerated } from '../../entities/columns.ts'
import { DefectError, type Issue } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { differs, outputForm, storedFields } from './columns.ts'
import type { ExternalId, IssuePath, ParsedInput } from './input.ts'
import { isSystemOnly } from './input.ts'
import type { Operation, PendingChange, RecordImage } from './rule.ts'
import { coerceValue, retiredOption, type ValueDefaults } from './values.ts'

export interface DraftOptions {
  readonly module: ModuleDefinition
  readonly operation: Operation
  readonly id: string
  readonly index: number
  readonly path: IssuePath
  /** Stored image and version; null and 0 on create. */
  readonly before: RecordImage | null
  readonly version: number
  readonly defaults: ValueDefaults
  /** Where issues go. */
  readonly issues: Issue[]
}

/** External ids of a record before and after a change; `claimed`: those that are written together with its row. */
export interface PlannedExternalIds {
  readonly before: readonly ExternalId[]
  readonly after: readonly ExternalId[]
  readonly claimed?: readonly ExternalId[]
}

/** One change on its way from input to row: before and after image, and what rules add. */
export class Draft implements PendingChange {
  readonly module: ModuleDefinition
  readonly id: string
  readonly index: number
  readonly path: IssuePath
  readonly before: RecordImage | null
  /** Version that the record has before the change. */
  readonly version: number
  operation: Operation
  /** External ids before and after, where the input names them. */
  externalIds: PlannedExternalIds | null = null
  readonly #after: Record<string, unknown>
  readonly #given = new Set<string>()
  readonly #defaults: ValueDefaults
  readonly #issues: Issue[]

  constructor({ module, operation, id, index, path, before, version, defaults, issues }: DraftOptions) {
    this.module = module
    this.operation = operation
    this.id = id
    this.index = index
    this.path = path
    this.before = before
    this.version = version
    this.#defaults = defaults
    this.#issues = issues
    this.#after = { ...before }
    if (before === null) for (const field of storedFields(module)) this.#after[field.name] = null
  }

  get after(): RecordImage {
    return this.#after
  }

  given(field: string): boolean {
    return this.#given.has(field)
  }

  changes(field: string): boolean {
    const definition = this.#field(field)
    return differs(definition, this.before?.[field] ?? null, this.#after[field] ?? null)
  }

  set(field: string, value: unknown): void {
    const definition = this.#field(field)
    if (isSystemOnly(definition)) throw new DefectError(`${definition.id} cannot be set`)
    const plain = definition.type === 'REFERENCE' || definition.type === 'USER'
    const fail = (code: string, message: string, at: readonly (string | number)[] = []): undefined => {
      this.#issues.push({ path: [...this.path, field, ...at], code, message })
      return undefined
    }
    const coerced = plain ? (value ?? null) : coerceValue(definition, value, this.#defaults, fail)
    if (coerced === undefined) return
    const base = definition.type === 'MONEY' && value ? (value as { base?: string }).base : undefined
    this.#after[field] = base === undefined ? coerced : { ...(coerced as object), base }
  }

  refuse(field: string | null, code: string, message: string): void {
    this.#issues.push({ path: field === null ? this.path : [...this.path, field], code, message })
  }

  /** Takes over what the caller's input says. */
  take(parsed: ParsedInput): void {
    for (const [field, value] of parsed.values) {
      this.#given.add(field.name)
      this.#after[field.name] = value
    }
    for (const [field, issue] of parsed.ifChanged) if (this.changes(field.name)) this.#issues.push(issue)
  }

  /** Puts a value in place that is already in image form. */
  put(field: string, value: unknown): void {
    this.#after[field] = value
  }

  /** Fields whose value changes, in the module's order. */
  changedFields(): FieldDefinition[] {
    return storedFields(this.module).filter((field) => differs(field, this.before?.[field.name] ?? null, this.#after[field.name] ?? null))
  }

  /** Limits that depend on the stored record: retired options, transitions, values that can be given on create alone. */
  checkChanges(derived: boolean): void {
    for (const field of this.changedFields()) {
      const next = this.#after[field.name] ?? null
      const retired = next === null ? null : retiredOption(field, next)
      if (retired !== null) this.refuse(field.name, 'OPTION', `${field.name}: ${JSON.stringify(retired)} is retired and can no longer be written.`)
      if (this.before === null) continue
      if (field.createOnly && !derived) this.refuse(field.name, 'CREATE_ONLY', `${field.name} can be given on create and never changed.`)
      this.#checkTransition(field, this.before[field.name] ?? null, next)
    }
  }

  /** After the rules: nothing required is empty. */
  checkRequired(): void {
    for (const field of this.module.fields.values()) {
      if (!field.required || field.system || field.type === 'AUTO_NUMBER' || isGenerated(field)) continue
      if ((this.#after[field.name] ?? null) === null) this.refuse(field.name, 'REQUIRED', `${field.name} is required.`)
    }
  }

  #checkTransition(field: FieldDefinition, from: unknown, to: unknown): void {
    if (!field.transitions || from === null || to === null) return
    if (field.transitions.some((transition) => transition.from === from && transition.to === to)) return
    const targets = field.transitions.filter((transition) => transition.from === from).map((transition) => transition.to)
    const wayOut = targets.length > 0 ? `From ${String(from)} it can go to ${targets.join(', ')}.` : `Nothing follows ${String(from)}.`
    this.refuse(field.name, 'TRANSITION', `${field.name} cannot go from ${String(from)} to ${String(to)}. ${wayOut}`)
  }

  /** `record_history.changes`: each changed field by its `historyKey`, in output forms. */
  historyChanges(changed: readonly FieldDefinition[]): Record<string, { before: unknown; after: unknown }> {
    const changes: Record<string, { before: unknown; after: unknown }> = {}
    for (const field of changed)
      changes[historyKey(field)] = { before: outputForm(field, this.before?.[field.name]), after: outputForm(field, this.#after[field.name]) }
    if (this.externalIds) changes['external_ids'] = { before: this.externalIds.before, after: this.externalIds.after }
    return changes
  }

  #field(name: string): FieldDefinition {
    const field = this.module.fields.get(name)
    if (!field) throw new DefectError(`${this.module.name} has no field ${name}`)
    return field
  }
}
