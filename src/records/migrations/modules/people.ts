import type { ModuleTable } from '../module-table.ts'

export const PEOPLE_TABLES: readonly ModuleTable[] = [
  {
    table: 'users',
    columns: [
      'name text NOT NULL',
      'email text',
      'phone text',
      'phone_e164 text',
      'position text',
      'department text',
      'manager_id uuid',
      'locale text',
      'time_zone text',
      'kind text NOT NULL',
      'status text NOT NULL',
    ],
    references: { manager_id: 'users' },
    unique: ['email'],
    searchable: ['name'],
    indexed: ['name'],
  },
  {
    table: 'teams',
    columns: ['name text NOT NULL', 'description text', 'parent_id uuid', 'leader_id uuid'],
    references: { parent_id: 'teams', leader_id: 'users' },
    searchable: ['name'],
    indexed: ['name'],
  },
  {
    table: 'tags',
    columns: ['name text NOT NULL', 'color text'],
    unique: ['name'],
    searchable: ['name'],
  },
  {
    table: 'exchange_rates',
    columns: ['currency text NOT NULL', 'rate numeric NOT NULL', 'valid_from date NOT NULL'],
  },
]
