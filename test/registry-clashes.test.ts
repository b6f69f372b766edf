import { describe, expect, test } from '@jest/globals'
import type { FieldMetadata, ModuleMetadata } from '../src/entities/metadata.ts'
import { DefectError } from '../src/errors/index.ts'
import { buildRegistry } from '../src/records/registry/index.ts'

const label = { en: 'Some label' }
const title: FieldMetadata = { name: 'title', type: 'TEXT', label, column: 'title' }

function field(name: string, rest: Partial<FieldMetadata> = {}): FieldMetadata {
  return { name, type: 'TEXT', label, column: name.toLowerCase(), ...rest }
}

function reference(name: string, module: string, rest: Partial<FieldMetadata['reference']> = {}): FieldMetadata {
  return field(name, { type: 'REFERENCE', column: `${name}_id`, reference: { module, onDelete: 'clear', ...rest } })
}

function module(number: number, name: string, rest: Partial<ModuleMetadata> = {}): ModuleMetadata {
  return { number, name, pluralName: `${name}s`, label, pluralLabel: label, table: `${name}s`, nameField: 'title', fields: [title], ...rest }
}

const boat = module(1, 'boat')

describe('a registry is refused', () => {
  const refused: [what: string, metadata: ModuleMetadata[], message: string | RegExp][] = [
    [
      'two modules of one name',
      [boat, module(2, 'boat', { table: 'vessels', pluralName: 'vessels' })],
      'module boat claims the query boat, which belongs to module boat',
    ],
    ['two modules of one number', [boat, module(1, 'car')], 'module car claims the number 1, which belongs to module boat'],
    ['two modules in one table', [boat, module(2, 'car', { table: 'boats' })], 'module car claims the table boats, which belongs to module boat'],
    [
      "a name that is another module's plural",
      [boat, module(2, 'boats', { pluralName: 'fleets', table: 'fleets' })],
      'module boats claims the query boats, which belongs to module boat',
    ],
    ["a name that is another module's derived type", [boat, module(2, 'boatEdge')], 'module boatEdge claims the type BoatEdge, which belongs to module boat'],
    ["a name that is another module's root field", [boat, module(2, 'boatBy')], 'module boatBy claims the query boatBy, which belongs to module boat'],
    ['a plural that makes the same mutations', [boat, module(2, 'ship', { pluralName: 'boat' })], /module ship claims the .* which belongs to module boat/],
    ['a name equal to its plural', [module(1, 'sheep', { pluralName: 'sheep' })], 'module sheep: name and pluralName must differ'],
    ['a reserved name', [module(1, 'node')], 'module node: the name "node" is reserved'],
    ['a name of another form', [module(1, 'Boat')], 'module Boat: "Boat" is not a name'],
    ['a number that does not fit into an id', [module(65_536, 'boat')], '65536 is not a module number'],
    [
      'a reference that leads nowhere',
      [module(1, 'boat', { fields: [title, reference('port', 'port')] })],
      'field boat.port refers to module port, which does not exist',
    ],
    [
      'two lists of one name',
      [boat, module(2, 'car', { fields: [title, reference('a', 'boat', { inverseName: 'cars' }), reference('b', 'boat', { inverseName: 'cars' })] })],
      'field car.b claims the list boat.cars, which belongs to car.a',
    ],
    [
      'a list that is a field',
      [boat, module(2, 'car', { fields: [title, reference('boat', 'boat', { inverseName: 'title' })] })],
      'field car.boat claims the list boat.title, which is a field of module boat',
    ],
    [
      'a many-to-many relation to records of any module',
      [module(1, 'boat', { fields: [title, { ...reference('cargo', '*'), type: 'REFERENCES' }] })],
      'module boat: field cargo: only a REFERENCE leads to any module',
    ],
    ['two fields of one name', [module(1, 'boat', { fields: [title, title] })], 'module boat: two fields or members are called "title"'],
    ['a field that Record has', [module(1, 'boat', { fields: [title, field('displayName')] })], 'module boat: field displayName: the name is reserved'],
    ['a field that every object has', [module(1, 'boat', { fields: [title, field('constructor')] })], 'field constructor: the name is reserved'],
    ['a field of another form', [module(1, 'boat', { fields: [title, field('no_snake')] })], 'field no_snake: not a name'],
    ['a unique amount', [module(1, 'boat', { fields: [title, field('price', { type: 'MONEY', unique: true })] })], 'a MONEY cannot be unique'],
    [
      'an amount that nobody sets',
      [module(1, 'boat', { fields: [title, field('price', { type: 'MONEY', readOnly: true })] })],
      'field price: needs to say what it is generated from',
    ],
    [
      'a generated text',
      [module(1, 'boat', { fields: [title, field('rig', { generatedFrom: ['title'] })] })],
      'field rig: only MONEY that nobody writes is generated',
    ],
    ['a name field that is missing', [module(1, 'boat', { nameField: 'name' })], 'nameField "name" is no text field'],
    [
      'an access parent that may be empty',
      [boat, module(2, 'oar', { accessParent: 'boat', fields: [title, reference('boat', 'boat')] })],
      'accessParent "boat" is no required reference',
    ],
    [
      'a required reference that would be cleared',
      [boat, module(2, 'oar', { fields: [title, { ...reference('boat', 'boat'), required: true }] })],
      'a required reference cannot be cleared',
    ],
    [
      'a default that is no option',
      [module(1, 'boat', { fields: [title, field('kind', { type: 'SELECT', options: [], default: 'sail' })] })],
      'the default "sail" is no option',
    ],
    [
      'a transition between unknown options',
      [
        module(1, 'boat', {
          fields: [title, field('kind', { type: 'SELECT', options: [{ value: 'sail', label }], transitions: [{ from: 'sail', to: 'oar' }] })],
        }),
      ],
      'the transition sail → oar names no option',
    ],
  ]

  test.each(refused)('for %s', (_what, metadata, message) => {
    expect(() => buildRegistry(metadata, 1)).toThrow(DefectError)
    expect(() => buildRegistry(metadata, 1)).toThrow(message)
  })
})

test('a custom field keeps the id that it brings', () => {
  const color = { ...field('color'), id: '0190b0a0-0000-7000-8000-000000000000' }
  const registry = buildRegistry([module(1000, 'boat', { fields: [title, color] })], 1)
  expect(registry.module('boat')).toMatchObject({ custom: true, typeName: 'Boat' })
  expect(registry.module('boat').fields.get('color')).toMatchObject({ id: color.id, custom: true, system: false })
})
