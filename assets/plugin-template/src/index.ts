import { definePlugin } from 'guanxi/plugin'
import { z } from 'zod'

export default definePlugin({
  name: '__NAME__',
  // The same as in package.json.
  version: '0.1.0',
  apiVersion: '^__API_VERSION__',
  settings: z.object({
    mostOpen: z.number().int().min(1).default(20).describe('Open ones that one account may have'),
  }),
  modules: [
    {
      name: '__MODULE__',
      pluralName: '__PLURAL__',
      nameField: 'title',
      fields: [
        { name: 'title', type: 'TEXT', required: true },
        {
          name: 'status',
          type: 'SELECT',
          default: 'open',
          options: [{ value: 'open' }, { value: 'done' }, { value: 'dropped' }],
        },
        { name: 'reason', type: 'TEXT' },
        {
          name: 'account',
          type: 'REFERENCE',
          reference: {
            module: 'account',
            inverseName: '__PLURAL__',
            onDelete: 'clear',
          },
        },
      ],
    },
  ],
  grants: [
    {
      role: 'sales_manager',
      module: '__MODULE__',
      actions: ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK'],
      scope: 'TEAM_TREE',
    },
    {
      role: 'sales_rep',
      module: '__MODULE__',
      actions: ['CREATE', 'READ', 'UPDATE'],
      scope: 'OWN',
    },
    {
      role: 'read_only',
      module: '__MODULE__',
      actions: ['READ'],
      scope: 'ALL',
    },
  ],
  transitions: {
    '__MODULE__.status': [
      { from: null, to: 'open' },
      { from: 'open', to: 'done' },
      { from: 'open', to: 'dropped', requires: ['reason'] },
    ],
  },
  before: [
    {
      module: '__MODULE__',
      on: ['CREATED'],
      // The whole batch at once: one statement for each account, however many records there are.
      run: async (changes, { records, settings }) => {
        const accounts = new Set(changes.map(({ after }) => after.account))
        for (const account of accounts) {
          if (typeof account !== 'string') continue
          const coming = changes.filter(({ after }) => after.account === account)
          const open = await records.count('__MODULE__', {
            account: { id: { eq: account } },
            status: { eq: 'open' },
          })
          if (open + coming.length <= settings.mostOpen) continue
          for (const change of coming) {
            change.refuse('account', 'TOO_MANY', `An account has ${settings.mostOpen} open ones at most.`)
          }
        }
      },
    },
  ],
})
