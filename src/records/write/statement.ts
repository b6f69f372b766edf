import type { AccessPolicy, Action, KeyList } from '../access/policy.ts'
import type { AccessBinder } from '../access/predicate-sql.ts'
import { type SecuredTable, secured } from '../access/secured.ts'
import { type Statement, statementName } from '../database.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'

/** Collects the parameters of one statement while its text is put together. */
export class StatementBuilder {
  readonly #values: unknown[] = []
  readonly #scopes = new Map<AccessPolicy, Map<KeyList, string>>()
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Placeholder of a new parameter, with its cast: `$3::uuid[]`. */
  bind(value: unknown, type: string): string {
    this.#values.push(value)
    return `$${this.#values.length}::${type}`
  }

  /** The module's table under an alias, and the condition of the action. */
  secured(module: ModuleDefinition, action: Action, policy: AccessPolicy, alias: string): SecuredTable {
    return secured(module, action, policy, alias, this.#registry, this.binder(policy))
  }

  /** How values of a policy enter the statement. */
  binder(policy: AccessPolicy): AccessBinder {
    return { scope: (scope) => this.#bindScope(policy, scope), value: (value) => `$${this.#values.push(value)}` }
  }

  #bindScope(policy: AccessPolicy, scope: KeyList): string {
    let bound = this.#scopes.get(policy)
    if (!bound) {
      bound = new Map()
      this.#scopes.set(policy, bound)
    }
    let placeholder = bound.get(scope)
    if (placeholder === undefined) {
      this.#values.push(policy.scopes[scope])
      placeholder = `$${this.#values.length}`
      bound.set(scope, placeholder)
    }
    return placeholder
  }

  /** `named`: the text recurs (it depends on modules and fields alone) and is worth keeping prepared. */
  statement(text: string, named = true): Statement {
    return { text, values: this.#values, purpose: 'record', ...(named && { name: statementName(text) }) }
  }
}
