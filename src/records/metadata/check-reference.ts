import type { ReferenceMetadata } from '../../entities/metadata.ts'
import { type Issue, listed, type Message, say } from '../../errors/index.ts'
import type { ModuleDefinition, Registry } from '../registry/index.ts'
import type { FieldInput } from './field-input.ts'
import { localizedText } from './localized.ts'
import { checkFieldName } from './names.ts'
import { type Target, targetNumber } from './targets.ts'
import { aType } from './words.ts'

type Path = readonly (string | number)[]

const RULES = ['restrict', 'clear', 'cascade'] as const

function isRule(text: string): text is (typeof RULES)[number] {
  return (RULES as readonly string[]).includes(text)
}

/**
 * Where a REFERENCE, REFERENCES or USER field leads. `own` is the id of the field that has the relation already. Throws DUPLICATE where the other
 * side has something of the inverse's name.
 */
export function defineReference(
  input: FieldInput,
  holder: Target,
  registry: Registry,
  path: Path,
  issues: Issue[],
  before: ReferenceMetadata | undefined,
): ReferenceMetadata | undefined {
  const { type, reference } = input
  if (type !== 'REFERENCE' && type !== 'REFERENCES' && type !== 'USER') {
    if (reference != null) issues.push({ path: [...path, 'reference'], code: 'NOT_APPLICABLE', message: say`${aType(type)} refers to nothing.` })
    return undefined
  }
  const onDelete = ruleOf(input, path, issues)
  if (type === 'USER') {
    if (reference != null && reference.module !== 'user')
      issues.push({ path: [...path, 'reference', 'module'], code: 'MODULE', message: say`A USER refers to users; take REFERENCE for another module.` })
    return { module: 'user', onDelete, ...inverseOf(input, 'user', holder, registry, path, issues, before) }
  }
  if (reference == null) {
    issues.push({ path: [...path, 'reference'], code: 'REQUIRED', message: say`${aType(type)} needs reference: {module}.` })
    return undefined
  }
  const { module } = reference
  const any = module === '*' && type === 'REFERENCE'
  if (module === '*' && !any) {
    issues.push({
      path: [...path, 'reference', 'module'],
      code: 'NOT_APPLICABLE',
      message: say`Only a REFERENCE leads to records of any module; name one here.`,
    })
    return undefined
  }
  if (!any && module !== holder.name && !registry.modules.has(module)) {
    issues.push({ path: [...path, 'reference', 'module'], code: 'UNKNOWN', message: say`There is no module named ${JSON.stringify(module.slice(0, 60))}.` })
    return undefined
  }
  const moduleNumber = any ? undefined : targetNumber(module === holder.name ? holder : registry.module(module))
  if (before?.module === module && before.moduleNumber !== moduleNumber) {
    const message = say`The module ${module} that the field leads to is deleted; the one that has the name now is another. Make a new field for that one.`
    issues.push({ path: [...path, 'reference', 'module'], code: 'TARGET_GONE', message })
    return undefined
  }
  if (any && reference.inverseName != null)
    issues.push({
      path: [...path, 'reference', 'inverseName'],
      code: 'NOT_APPLICABLE',
      message: say`A reference to records of any module has no list on the other side.`,
    })
  return {
    module,
    ...(moduleNumber !== undefined && { moduleNumber }),
    onDelete,
    ...(any ? {} : inverseOf(input, module, holder, registry, path, issues, before)),
  }
}

function ruleOf({ type, reference, required }: FieldInput, path: Path, issues: Issue[]): ReferenceMetadata['onDelete'] {
  const given = (reference?.onDelete ?? (required === true ? 'restrict' : 'clear')).toLowerCase()
  if (!isRule(given)) {
    issues.push({ path: [...path, 'reference', 'onDelete'], code: 'OPTION', message: say`onDelete is one of ${listed(RULES)}.` })
    return 'clear'
  }
  if (given === 'clear' && required === true && type !== 'REFERENCES')
    issues.push({
      path: [...path, 'reference', 'onDelete'],
      code: 'CONFLICT',
      message: say`A required reference cannot be cleared when its target is deleted; take restrict or cascade.`,
    })
  return given
}

function inverseOf(
  { reference }: FieldInput,
  target: string,
  holder: Pick<ModuleDefinition, 'name'>,
  registry: Registry,
  path: Path,
  issues: Issue[],
  before: ReferenceMetadata | undefined,
): Pick<ReferenceMetadata, 'inverseName' | 'inverseLabel'> {
  const name = reference?.inverseName
  if (name == null) return {}
  const module = registry.modules.get(target)
  // A new module that refers to itself is not in the registry yet; its own build tells of clashes.
  if (module && name !== before?.inverseName) checkFieldName(name, module, [...path, 'reference', 'inverseName'], issues)
  else if (!module && target !== holder.name) return {}
  const label = localizedText(reference?.inverseLabel, reference?.inverseLabels, 200, [...path, 'reference'], 'inverseLabel', issues)
  return { inverseName: name, ...(label && { inverseLabel: label }) }
}

/** Whether records may lead back to themselves is fixed when the field is made: what leads in a circle already would break every later write. */
export function defineAcyclic(
  { type, reference }: FieldInput,
  holder: Pick<ModuleDefinition, 'name'>,
  path: Path,
  issues: Issue[],
  before: ReferenceMetadata | undefined,
): Pick<ReferenceMetadata, 'acyclic'> {
  if (reference?.acyclic !== true) return {}
  const refuse = (code: string, message: Message) => void issues.push({ path: [...path, 'reference', 'acyclic'], code, message })
  if ((type !== 'REFERENCE' && type !== 'REFERENCES') || reference.module !== holder.name)
    refuse('NOT_APPLICABLE', say`acyclic belongs to a REFERENCE or REFERENCES to the module that holds it.`)
  else if (before && before.acyclic !== true) refuse('FIXED', say`Records may lead in a circle already. Make a new field that does not allow it.`)
  return { acyclic: true }
}
