import type { FieldDefinition } from '../registry/definition.ts'
import type { Overload } from './overload.ts'
import type { ExpressionType, OperandType } from './types.ts'

interface Common {
  readonly type: OperandType
  /** Names no field and does not depend on the moment. */
  readonly constant: boolean
  /** Depends on the record alone, not on the moment of reading. */
  readonly stable: boolean
}

/** An expression whose types are known: every call has its overload, every argument the type that this one takes. */
export type Typed =
  | (Common & { readonly kind: 'literal'; readonly value: string | boolean | null })
  | (Common & { readonly kind: 'field'; readonly field: FieldDefinition })
  | (Common & { readonly kind: 'call'; readonly overload: Overload; readonly arguments: readonly Typed[] })
  | (Common & { readonly kind: 'conversion'; readonly type: ExpressionType; readonly inner: Typed })
