import { isGenerated } from '../../entities/columns.ts'
import { DefectError, type Issue, type Message, say } from '../../errors/index.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { refusedStep, stepsBetween } from '../registry/steps.ts'
import { differs, outputForm } from './columns.ts'
import { type IssuePath, isSystemOnly, type ParsedInput } from './input.ts'
import { type LinkChange, linksAfter } from './links.ts'
import type { ExternalId } from './reference-input.ts'
import type { Operation, PendingChange, RecordImage } from './rule.ts'
import type { Session } from './session.ts'
import { addIssue, issueOfField, UNTOLD } from './untold-fields.ts'
import { coerceValue, isBlankText, retiredOption } from './values.ts'

/** Targets that one record may have in a REFERENCES field; each change keeps the whole list in its history. */
const MAX_LINKS = 10_000

export interface DraftOptions {
  readonly module: ModuleDefinition
  readonly operation: Operation
  readonly id: string
  readonly index: number
  readonly path: IssuePath
  /** Stored image and version; null and 0 on create. */
  readonly before: RecordImage | null
  readonly version: number
  /** Targets of its links that are in the recycle bin. */
  readonly gone?: ReadonlySet<string>
  /** Targets of its links that the writer cannot read. */
  readonly unseen?: ReadonlySet<string>
  readonly session: Pick<Session, 'defaults' | 'principal'>
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
  readonly #gone: ReadonlySet<string>
  readonly #unseen: ReadonlySet<string>
  readonly #session: DraftOptions['session']
  readonly #issues: Issue[]

  constructor({ module, operation, id, index, path, before, version, gone, unseen, session, issues }: DraftOptions) {
    this.module = module
    this.operation = operation
    this.id = id
    this.index = index
    this.path = path
    this.before = before
    this.version = version
    this.#gone = gone ?? new Set()
    this.#unseen = unseen ?? new Set()
    this.#session = session
    this.#issues = issues
    this.#after = { ...before }
    if (before === null) for (const field of module.storedFields) this.#after[field.name] = null
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
    if (definition.type === 'REFERENCES') throw new DefectError(`${definition.id}: a rule changes links by a derived update`)
    const plain = definition.type === 'REFERENCE' || definition.type === 'USER'
    const fail = (code: string, message: Message, at: readonly (string | number)[] = []): undefined => {
      this.#object(definition, { code, message, at })
      return undefined
    }
    const coerced = plain ? (value ?? null) : coerceValue(definition, value, this.#session.defaults, fail)
    if (coerced === undefined) return
    const base = definition.type === 'MONEY' && value ? (value as { base?: string }).base : undefined
    this.#after[field] = base === undefined ? coerced : { ...(coerced as object), base }
  }

  refuse(field: string | null, code: string, message: Message): void {
    if (field === null) this.#issues.push({ path: this.path, code, message })
    else this.#object(this.#field(field), { code, message })
  }

  /** A field stands in the way that the caller may know nothing of. */
  #object(field: FieldDefinition, issue: { readonly code: string; readonly message: Message; readonly at?: IssuePath }): void {
    addIssue(this.#issues, issueOfField(this.#session.principal, field, this.path, issue))
  }

  /** Takes over what the caller's input says. */
  take(parsed: ParsedInput): void {
    for (const [field, value] of parsed.values) {
      this.#given.add(field.name)
      if (field.type === 'REFERENCES') this.#takeLinks(field, value as LinkChange)
      else this.#after[field.name] = value
    }
    for (const [field, issue] of parsed.ifChanged) if (this.changes(field.name)) this.#issues.push(issue)
  }

  #takeLinks(field: FieldDefinition, change: LinkChange): void {
    const before = (this.before?.[field.name] ?? []) as readonly string[]
    const linked = new Set(before)
    for (const [id, issue] of change.added) if (issue !== null && !linked.has(id)) this.#issues.push(issue)
    const after = linksAfter(change, before, { gone: this.#gone, unseen: this.#unseen })
    // Not how many there would be: some of them the writer may not know of.
    if (after.length > MAX_LINKS) this.refuse(field.name, 'TOO_LONG', say`${field.name} would have more records than the ${MAX_LINKS} that are allowed.`)
    // A new record without links has none to tell of.
    if (this.before !== null || after.length > 0) this.#after[field.name] = after
  }

  /** Puts a value in place that is already in image form. */
  put(field: string, value: unknown): void {
    this.#after[field] = value
  }

  /** Fields whose value changes, in the module's order, links last. */
  changedFields(): FieldDefinition[] {
    return [...this.module.storedFields, ...this.module.linkFields].filter((field) =>
      differs(field, this.before?.[field.name] ?? null, this.#after[field.name] ?? null),
    )
  }

  /** Limits that depend on the stored record: retired options, transitions, values that can be given on create alone. */
  checkChanges(derived: boolean): void {
    for (const field of this.changedFields()) {
      const next = this.#after[field.name] ?? null
      const retired = next === null ? null : retiredOption(field, next, this.before?.[field.name] ?? null)
      if (retired !== null) this.refuse(field.name, 'OPTION', say`${field.name}: ${JSON.stringify(retired)} is retired and can no longer be written.`)
      this.#checkTransition(field, this.before?.[field.name] ?? null, next, derived)
      if (this.before === null) continue
      if (field.createOnly && !derived) this.refuse(field.name, 'CREATE_ONLY', say`${field.name} can be given on create and never changed.`)
    }
  }

  /**
   * After the rules: nothing required is empty that is new, given, or had a value. What was empty before the field became required stands in
   * nobody's way until it is filled. What is `derived` may copy a blank text that was there before blank was empty.
   */
  checkRequired(derived: boolean): void {
    for (const field of this.module.fields.values()) {
      if (!field.required || field.system || field.type === 'AUTO_NUMBER' || isGenerated(field) || !this.isEmpty(field)) continue
      if (derived && isBlankText(field, this.#after[field.name])) continue
      const demanded = this.before === null || this.#given.has(field.name) || !this.#holdsNothing(field, this.before)
      if (demanded) this.refuse(field.name, 'REQUIRED', say`${field.name} is required.`)
    }
  }

  /**
   * The field will have no value: an empty list is none, a text that shows nothing is none, and neither is a list of which every record is in the recycle bin. Whoever changes a list answers for
   * what they see of it, so that it is the same to them whether there is more.
   */
  isEmpty(field: FieldDefinition): boolean {
    return this.#holdsNothing(field, this.#after)
  }

  #holdsNothing(field: FieldDefinition, image: RecordImage): boolean {
    const value = image[field.name] ?? null
    if (field.type === 'REFERENCES') {
      const given = this.#given.has(field.name)
      return ((value ?? []) as readonly string[]).every((id) => this.#gone.has(id) || (given && this.#unseen.has(id)))
    }
    return value === null || isBlankText(field, value) || (field.type === 'MULTI_SELECT' && (value as readonly string[]).length === 0)
  }

  /** What the record holds is told to who writes the field himself, which he may where it is shown; of what the system derives, to who is shown it on all records. */
  #checkTransition(field: FieldDefinition, before: unknown, after: unknown, derived: boolean): void {
    // That a required field has no value is refused as such.
    if (!field.transitions || (after === null && field.required)) return
    const step = { from: before as string | null, to: after as string | null }
    if (stepsBetween(field.transitions, step)?.length !== 0) return
    const level = fieldLevel(this.#session.principal.policy, this.module.name, field.name)
    const isShown = level === 'READ' || level === 'WRITE' || (!derived && this.#given.has(field.name))
    if (!isShown) {
      addIssue(this.#issues, { path: this.path, code: 'TRANSITION', message: UNTOLD })
      return
    }
    this.refuse(field.name, 'TRANSITION', refusedStep(field.name, field.transitions, step))
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
