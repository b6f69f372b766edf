import type { GraphQLField } from 'graphql'
import type { ClassMetadata } from './collect-classes.ts'
import { convertInput, type InputClasses } from './values.ts'

/** A method that answers a field. */
export interface Handler {
  readonly target: new () => object
  readonly methodName: string
  readonly params: ClassMetadata['params']
  /** The method is of the type's own class, and called on the object that stands there. */
  readonly ownClass?: new () => object
}

/** The field, and the classes that its arguments may be of. */
export interface Place {
  readonly field: GraphQLField<unknown, unknown>
  readonly inputs: InputClasses
  readonly args: ClassMetadata['argumentTypes']
}

export interface Invocation {
  readonly source: unknown
  readonly args: Readonly<Record<string, unknown>>
  readonly context: unknown
}

/** Calls the method with what its parameters ask for by their decorators. TypeGraphQL's own way would go by the store of the process, in which nothing of a plugin is left. */
export function invoke(
  target: object,
  { methodName, params }: Handler,
  { field, inputs, args: argsClasses }: Place,
  { source, args, context }: Invocation,
): unknown {
  const given = new Map(
    field.args.flatMap(({ name, type }): [string, unknown][] => (Object.hasOwn(args, name) ? [[name, convertInput(type, args[name], inputs)]] : [])),
  )
  const values: unknown[] = []
  for (const param of params) {
    if (param.kind === 'arg') values[param.index] = given.get(param.name)
    else if (param.kind === 'args') values[param.index] = argsOf(param.getType() as new () => object, argsClasses, given)
    else if (param.kind === 'context') values[param.index] = param.propertyName === undefined ? context : Reflect.get(context as object, param.propertyName)
    else if (param.kind === 'root') values[param.index] = param.propertyName === undefined ? source : Reflect.get(source as object, param.propertyName)
  }
  return (Reflect.get(target, methodName) as (...given: unknown[]) => unknown).apply(target, values)
}

/** The object of an `@ArgsType()` class; its classes above it, too, name arguments. */
function argsOf(ArgsClass: new () => object, classes: ClassMetadata['argumentTypes'], given: ReadonlyMap<string, unknown>): object {
  const made = new ArgsClass()
  for (const { target, fields } of classes) {
    if (ArgsClass !== target && !(ArgsClass.prototype instanceof target)) continue
    for (const { name, schemaName } of fields ?? []) if (given.has(schemaName)) Reflect.set(made, name, given.get(schemaName))
  }
  return made
}
