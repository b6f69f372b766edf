import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { heldColumn, heldFrom } from './held-columns.ts'

/** A reference field (of one record or of many) through which records of `module` depend on another module's records. */
export interface Dependency {
  readonly module: ModuleDefinition
  readonly field: FieldDefinition
  readonly onDelete: 'restrict' | 'clear' | 'cascade'
}

const HOLDING: ReadonlySet<string> = new Set(['REFERENCE', 'REFERENCES', 'USER'])

/** References that lead to the module, polymorphic ones included. Owner, team and stamps stay when their user goes. */
export function dependenciesOn(registry: Registry, target: ModuleDefinition): Dependency[] {
  const dependencies: Dependency[] = []
  for (const module of registry.modules.values()) {
    for (const field of module.fields.values()) {
      if (field.system || !field.reference || !HOLDING.has(field.type)) continue
      if (field.reference.module === target.name || field.reference.module === '*') dependencies.push({ module, field, onDelete: field.reference.onDelete })
    }
  }
  return dependencies
}

/** FROM item of the module's rows with their references; `from` and `alias` as `secured` knows them. */
export function referenceFrom({ module, field }: Dependency, from: string, alias: string): string {
  return heldFrom(module, [field], from, quoteIdentifier(alias))
}

/** The reference's column in such a row. */
export function referenceColumn({ field }: Dependency, alias: string): string {
  return heldColumn(field, quoteIdentifier(alias))
}
