import type { FieldMetadata, FieldType } from '../../src/entities/metadata.ts'
import { buildRegistry, type FieldDefinition } from '../../src/records/registry/index.ts'

const field = (name: string, type: FieldType, more: Partial<FieldMetadata> = {}): FieldMetadata => ({
  id: `id-${name}`,
  name,
  type,
  label: { en: name },
  column: `c_${name}`,
  ...more,
})

const FIELDS: readonly FieldMetadata[] = [
  field('name', 'TEXT'),
  field('familyName', 'TEXT'),
  field('notes', 'LONG_TEXT'),
  field('email', 'EMAIL'),
  field('stage', 'SELECT', { options: ['won', 'lost'].map((value) => ({ value, label: { en: value } })) }),
  field('phone', 'PHONE'),
  field('quantity', 'INTEGER'),
  field('rating', 'RATING'),
  field('effort', 'DURATION'),
  field('factor', 'DECIMAL'),
  field('discount', 'PERCENT'),
  field('price', 'MONEY'),
  field('cost', 'MONEY'),
  field('active', 'BOOLEAN'),
  field('paid', 'BOOLEAN'),
  field('startsOn', 'DATE'),
  field('endsOn', 'DATE'),
  field('openedAt', 'DATETIME'),
  field('closedAt', 'DATETIME'),
  field('interests', 'MULTI_SELECT', { options: [{ value: 'a', label: { en: 'A' } }] }),
  field('address', 'ADDRESS'),
  field('assignee', 'USER', { reference: { module: 'user', onDelete: 'clear' } }),
  field('friends', 'REFERENCES', { reference: { module: 'deal', inverseName: 'befriended', onDelete: 'clear' } }),
  field('true', 'BOOLEAN'),
]

/** A module with a field of each type, whose ids are `id-<name>` and whose columns are `c_<name>`. */
export const DEAL = buildRegistry(
  [
    {
      number: 1000,
      name: 'deal',
      pluralName: 'deals',
      label: { en: 'Deal' },
      pluralLabel: { en: 'Deals' },
      table: 'm_1000',
      nameField: 'name',
      fields: FIELDS,
    },
  ],
  1,
).module('deal')

export const byName = (name: string): FieldDefinition | undefined => DEAL.fields.get(name)

export const byId = (id: string): FieldDefinition | undefined => [...DEAL.fields.values()].find((each) => each.id === id)
