import { DefectError } from '../../errors/index.ts'
import type { ToManyRelation } from '../../records/read/request.ts'
import { type ModuleDefinition, targetOf } from '../../records/registry/index.ts'
import { type CollectContext, isModuleReadable, isUsable } from './collect-context.ts'

/** A to-many relation of a module, seen from its records. */
export interface Related {
  /** Module whose records are listed. */
  readonly module: ModuleDefinition
  readonly relation: ToManyRelation
  /** The reader may follow it: reads the listed module and the field behind the relation, whichever side holds that. */
  readonly isOpen: boolean
}

/** The relation by its name: an inverse's, or that of a REFERENCES field. Throws DefectError where there is none. */
export function toManyRelation(module: ModuleDefinition, name: string, context: CollectContext): Related {
  const inverse = module.inverses.get(name)
  const holder = inverse ? context.registry.module(inverse.module) : module
  const field = holder.fields.get(inverse ? inverse.field : name)
  const listed = inverse ? holder : field && targetOf(field, context.registry)
  if (!field || !listed) throw new DefectError(`${module.name} has no relation ${name}`)
  const kind = field.type !== 'REFERENCES' ? 'column' : inverse ? 'linkTarget' : 'linkSource'
  return { module: listed, relation: { kind, field }, isOpen: isModuleReadable(context, listed) && isUsable(context, holder, field) }
}
