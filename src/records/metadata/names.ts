import { GuanxiError, type Issue, type Message, say } from '../../errors/index.ts'
import {
  derivedNames,
  type ModuleDefinition,
  NAME_PATTERN,
  OBJECT_NAMES,
  PRODUCT_MODULE_NAMES,
  RESERVED_FIELD_NAMES,
  RESERVED_MODULE_NAMES,
  type Registry,
} from '../registry/index.ts'
import { isServed } from './served.ts'
import type { Workspace } from './workspace.ts'

/** Names of the schema that belong to no module. */
export interface KernelNames {
  readonly types: ReadonlySet<string>
  readonly queries: ReadonlySet<string>
  readonly mutations: ReadonlySet<string>
  readonly subscriptions: ReadonlySet<string>
}

type Path = readonly (string | number)[]

/** Why a name cannot be one at all; null where it can. */
function flawOf(name: string, what: Message): { code: string; message: Message } | null {
  if (!NAME_PATTERN.test(name)) {
    const shown = JSON.stringify(name.slice(0, 60))
    return {
      code: 'NAME',
      message: say`${shown} cannot name a ${what}: use 1 to 48 letters a–z, A–Z and digits, beginning with a small letter. Labels may be in any script.`,
    }
  }
  return OBJECT_NAMES.has(name) ? { code: 'RESERVED', message: say`The name ${name} is reserved.` } : null
}

/** Throws DUPLICATE for a name that the module uses already; adds an issue for one that nobody may take. */
export function checkFieldName(name: string, module: ModuleDefinition, path: Path, issues: Issue[], own?: string): void {
  const flaw =
    flawOf(name, say`field`) ??
    (RESERVED_FIELD_NAMES.has(name) ? { code: 'RESERVED', message: say`The name ${name} is reserved: every record has or may get it.` } : null)
  if (flaw) {
    issues.push({ path, ...flaw })
    return
  }
  const holder = module.fields.get(name) ?? module.aliases.get(name)
  if (holder && holder.id !== own) throw duplicateField(module, name, holder.name === name ? say`has a field` : say`had a field`, path)
  if (module.inverses.has(name)) throw duplicateField(module, name, say`has a list`, path)
  if (module.members?.includes(name)) throw duplicateField(module, name, say`has a member`, path)
}

/** A field that is not served, since what it leads to is deleted, keeps its names for the day when it is again. Throws DUPLICATE. */
export function refuseHiddenName(workspace: Workspace, module: Pick<ModuleDefinition, 'name' | 'number'>, name: string, path: Path, own?: string): void {
  const hidden = workspace
    .fieldsOf(module.number)
    .find((field) => field.state === 'active' && field.id !== own && [field.name, ...field.aliases].includes(name) && !isServed(field, workspace))
  if (hidden) throw hiddenName(module, name, path)
}

export function hiddenName(module: Pick<ModuleDefinition, 'name'>, name: string, path: Path): GuanxiError {
  return duplicateField(module, name, say`has a field (hidden while what it leads to is deleted)`, path)
}

export function duplicateField(module: Pick<ModuleDefinition, 'name'>, name: string, has: Message, path: Path): GuanxiError {
  const message = say`The module ${module.name} ${has} named ${name} already.`
  return new GuanxiError('DUPLICATE', message, { module: module.name, fields: ['name'], issues: [{ path, code: 'DUPLICATE', message }] })
}

export interface ModuleNames {
  readonly name: string
  readonly pluralName: string
}

/**
 * The two names of a new module and everything that the schema makes of them. Throws DUPLICATE for a module's name; adds issues for names that are
 * reserved or belong to somebody else, and names the owner. `ofProduct`: names that are kept for modules of the product may be used.
 */
export function checkModuleNames(
  { name, pluralName }: ModuleNames,
  registry: Registry,
  kernel: KernelNames,
  path: Path,
  issues: Issue[],
  ofProduct = false,
): void {
  for (const module of registry.modules.values()) {
    const taken = [module.name, module.pluralName].find((known) => known === name || known === pluralName)
    if (taken === undefined) continue
    const message = say`The name ${taken} belongs to the module ${module.name}.`
    throw new GuanxiError('DUPLICATE', message, { module: module.name, fields: ['name'], issues: [{ path: [...path, 'name'], code: 'DUPLICATE', message }] })
  }
  const before = issues.length
  for (const [member, given] of Object.entries({ name, pluralName })) {
    const flaw = flawOf(given, say`module`)
    const reserved = RESERVED_MODULE_NAMES.has(given) || (PRODUCT_MODULE_NAMES.has(given) && !ofProduct)
    if (flaw) issues.push({ path: [...path, member], ...flaw })
    else if (reserved) issues.push({ path: [...path, member], code: 'RESERVED', message: say`The name ${given} is reserved for the product.` })
  }
  if (name === pluralName) issues.push({ path: [...path, 'pluralName'], code: 'NAME', message: say`name and pluralName must differ.` })
  if (issues.length > before) return
  const claim = firstClaim({ name, pluralName }, registry, kernel)
  if (claim)
    issues.push({
      path: [...path, 'name'],
      code: 'TAKEN',
      message: say`The module would bring the ${claim.kind} ${claim.name}, which belongs to ${claim.owner}.`,
    })
}

function firstClaim(names: ModuleNames, registry: Registry, kernel: KernelNames) {
  const wanted = derivedNames(names)
  const kinds = ['types', 'queries', 'mutations', 'subscriptions'] as const
  const words = { types: say`type`, queries: say`query`, mutations: say`mutation`, subscriptions: say`subscription` } as const
  for (const kind of kinds) {
    const twice = wanted[kind].find((name, index) => wanted[kind].indexOf(name) !== index)
    if (twice !== undefined) return { kind: words[kind], name: twice, owner: say`the module itself: its two names make the same` }
    for (const name of wanted[kind]) if (kernel[kind].has(name)) return { kind: words[kind], name, owner: say`the kernel` }
  }
  for (const module of registry.modules.values()) {
    const theirs = derivedNames(module)
    for (const kind of kinds) {
      const taken = new Set(theirs[kind])
      const name = wanted[kind].find((each) => taken.has(each))
      if (name !== undefined) return { kind: words[kind], name, owner: say`the module ${module.name}` }
    }
  }
  return null
}
