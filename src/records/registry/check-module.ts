import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import { RegistryConflict } from './conflict.ts'
import { NAME_PATTERN, RESERVED_FIELD_NAMES, RESERVED_MODULE_NAMES } from './reserved-names.ts'

const UNIQUE_TYPES: ReadonlySet<string> = new Set(['TEXT', 'EMAIL', 'AUTO_NUMBER', 'INTEGER'])
const NAMING_TYPES: ReadonlySet<string> = new Set(['TEXT', 'LONG_TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER', 'SELECT'])
const SEARCHABLE_TYPES: ReadonlySet<string> = new Set(['TEXT', 'EMAIL', 'URL', 'AUTO_NUMBER'])

/** Checks what can be said about a module alone; throws RegistryConflict that names module and field. */
export function checkModule(module: ModuleMetadata): void {
  const refuse = (what: string): never => {
    throw new RegistryConflict(`module ${module.name}: ${what}`)
  }
  for (const name of [module.name, module.pluralName]) {
    if (!NAME_PATTERN.test(name)) refuse(`"${name}" is not a name of the form ${NAME_PATTERN.source}`)
    if (RESERVED_MODULE_NAMES.has(name)) refuse(`the name "${name}" is reserved`)
  }
  if (module.name === module.pluralName) refuse('name and pluralName must differ')
  if (!Number.isInteger(module.number) || module.number < 1 || module.number > 0xffff) refuse(`${module.number} is not a module number from 1 to 65535`)
  const names = new Set(module.members)
  for (const field of module.fields) {
    for (const name of [field.name, ...(field.aliases ?? [])]) {
      if (names.has(name)) refuse(`two fields or members are called "${name}"`)
      names.add(name)
    }
    checkField(field, (what) => refuse(`field ${field.name}: ${what}`))
  }
  const nameField = module.fields.find((field) => field.name === module.nameField)
  if (module.nameField !== 'id' && !(nameField && NAMING_TYPES.has(nameField.type))) refuse(`nameField "${module.nameField}" is no text field`)
  if (module.accessParent !== undefined) {
    const parent = module.fields.find((field) => field.name === module.accessParent)
    if (!parent?.required || parent.type !== 'REFERENCE' || parent.reference?.module === '*')
      refuse(`accessParent "${module.accessParent}" is no required reference`)
  }
}

function checkField(field: FieldMetadata, refuse: (what: string) => never): void {
  if (!NAME_PATTERN.test(field.name)) refuse(`not a name of the form ${NAME_PATTERN.source}`)
  if (RESERVED_FIELD_NAMES.has(field.name)) refuse('the name is reserved')
  if (field.unique && !UNIQUE_TYPES.has(field.type)) refuse(`a ${field.type} cannot be unique`)
  if (field.searchable && !SEARCHABLE_TYPES.has(field.type)) refuse(`a ${field.type} cannot be searchable`)
  if ((field.type === 'REFERENCE' || field.type === 'REFERENCES' || field.type === 'USER') && !field.reference) refuse('needs to say what it refers to')
  if (field.reference?.module === '*' && field.type !== 'REFERENCE') refuse('only a REFERENCE leads to any module')
  if (field.reference?.module === '*' && field.reference.inverseName) refuse('a reference to any module has no inverse')
  if (field.required && field.type !== 'REFERENCES' && field.reference?.onDelete === 'clear')
    refuse('a required reference cannot be cleared when its target is deleted')
  if (field.type === 'AUTO_NUMBER' && !field.numbering) refuse('needs its numbering')
  if ((field.type === 'FORMULA') !== (field.formula !== undefined)) refuse('FORMULA, and nothing else, has an expression')
  if (field.generatedFrom && !(field.type === 'MONEY' && field.readOnly && !field.maintained)) refuse('only MONEY that nobody writes is generated')
  if (field.type === 'MONEY' && field.readOnly && !field.maintained && !field.generatedFrom)
    refuse('needs to say what it is generated from, or that it is maintained')
  if (field.type === 'ROLLUP' && !field.rollup && !field.maintained) refuse('needs to say what it rolls up')
  checkOptions(field, refuse)
}

function checkOptions(field: FieldMetadata, refuse: (what: string) => never): void {
  const selects = field.type === 'SELECT' || field.type === 'MULTI_SELECT'
  if (selects !== (field.options !== undefined)) refuse(selects ? 'needs options' : 'options belong to SELECT and MULTI_SELECT')
  if (!field.options) return
  const values = new Set(field.options.map((option) => option.value))
  if (values.size !== field.options.length) refuse('two options have the same value')
  if (field.type === 'SELECT' && field.default != null && !values.has(String(field.default))) refuse(`the default "${field.default}" is no option`)
  for (const { from, to } of field.transitions ?? []) {
    if ([from, to].some((value) => value !== null && !values.has(value))) refuse(`the transition ${from} → ${to} names no option`)
  }
}
