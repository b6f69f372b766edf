import { type Issue, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/index.ts'
import type { FieldInput } from './field-input.ts'
import { checkFieldName, duplicateField, hiddenName } from './names.ts'
import { isServed } from './served.ts'
import type { Workspace } from './workspace.ts'

type Path = readonly (string | number)[]

/** Names that one change gives away: what it makes at once meets each other before the registry knows of it. */
export class Claims {
  readonly #workspace: Workspace
  readonly #taken = new Set<string>()
  /** Names of fields that are not served, since what they lead to is deleted: they keep them for the day when they are again. */
  readonly #hidden: ReadonlySet<string>

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    const hidden = workspace.fields.filter((field) => field.state === 'active' && !isServed(field, workspace))
    this.#hidden = new Set(hidden.flatMap(({ moduleNumber, name, aliases }) => [name, ...aliases].map((each) => `${moduleNumber}.${each}`)))
  }

  /** A field's name, its earlier names, and the list that it makes elsewhere. Throws DUPLICATE; adds issues for names that nobody may have. */
  take(module: ModuleDefinition, { name, aliases, reference, type }: FieldInput, path: Path, issues: Issue[]): void {
    checkFieldName(name, module, [...path, 'name'], issues)
    this.#refuseHidden(module, name, [...path, 'name'])
    this.#claim(module.name, name, [...path, 'name'])
    for (const [index, alias] of (aliases ?? []).entries()) {
      checkFieldName(alias, module, [...path, 'aliases', index], issues)
      this.#refuseHidden(module, alias, [...path, 'aliases', index])
      this.#claim(module.name, alias, [...path, 'aliases', index])
    }
    // That it is free on the module itself is checked with the rest of the reference.
    const target = type === 'USER' ? 'user' : reference?.module
    if (target === undefined || reference?.inverseName == null) return
    const place = [...path, 'reference', 'inverseName']
    const listed = this.#workspace.module(target)
    if (listed) this.#refuseHidden(listed, reference.inverseName, place)
    this.#claim(target, reference.inverseName, place)
  }

  #refuseHidden(module: ModuleDefinition, name: string, path: Path): void {
    if (this.#hidden.has(`${module.number}.${name}`)) throw hiddenName(module, name, path)
  }

  #claim(module: string, name: string, path: Path): void {
    const key = `${module}.${name}`
    if (this.#taken.has(key)) throw duplicateField(this.#workspace.module(module) ?? { name: module }, name, say`would have two members`, path)
    this.#taken.add(key)
  }
}
