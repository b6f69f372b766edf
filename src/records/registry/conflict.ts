import { DefectError } from '../../errors/index.ts'

/**
 * Modules that do not fit together. In the code of the product or of a plugin that is its author's mistake; where a change at run time leads to it, the
 * change is refused with the rule as the code.
 */
export class RegistryConflict extends DefectError {
  readonly rule: 'METADATA' | 'CYCLE' | 'DUPLICATE'

  constructor(message: string, rule: RegistryConflict['rule'] = 'METADATA') {
    super(message)
    this.rule = rule
  }
}
