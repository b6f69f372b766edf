import { DateScalar } from './date.ts'
import { DateTimeScalar } from './date-time.ts'
import { DecimalScalar } from './decimal.ts'
import { JsonScalar } from './json.ts'

export { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar }

/** All scalars of the API besides GraphQL's own; they replace hand-written ones of the same name. */
export const SCALARS = Object.freeze([DateTimeScalar, DateScalar, DecimalScalar, JsonScalar])
