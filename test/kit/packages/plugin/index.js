import { definePlugin } from 'guanxi/plugin'
import { z } from 'zod'

/** A plugin for the tests of the test kit: something of everything that a test has to wait for, or to stand in for. */
export default definePlugin({
  name: 'kitten',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  settings: z.object({ greeting: z.string().default('miaow') }),
  modules: [
    {
      name: 'kittenToy',
      pluralName: 'kittenToys',
      nameField: 'title',
      fields: [{ name: 'title', type: 'TEXT', required: true }],
    },
  ],
  fields: [{ module: 'account', name: 'kittenNote', type: 'TEXT' }],
  grants: [{ role: 'sales_rep', module: 'kittenToy', actions: ['CREATE', 'READ'], scope: 'OWN' }],
  events: [
    {
      name: 'greet',
      modules: ['account'],
      on: ['CREATED'],
      run: async (events, context) => {
        const at = new Date(Date.parse(events[0].at) + 86_400_000).toISOString()
        await context.once(async (records, jobs) => {
          await records.update(
            'account',
            events.map(({ id }) => ({ id, values: { kittenNote: context.settings.greeting } })),
          )
          for (const { id } of events) await jobs.add('remember', { id }, { at })
        })
      },
    },
  ],
  jobs: [
    {
      name: 'remember',
      payload: z.object({ id: z.string() }),
      run: async ({ id }, context) => {
        const fact = await (await context.fetch('https://cats.example.com/fact')).text()
        await context.once((records) => records.update('account', [{ id, values: { kittenNote: fact } }]))
      },
    },
    {
      name: 'nightly',
      cron: '0 3 * * *',
      run: async ({ at }, context) => {
        await context.once((records) => records.create('kittenToy', [{ title: `toy of ${at.slice(0, 10)}` }]))
      },
    },
  ],
  routes: [{ method: 'GET', path: '/miaow', handle: async (_request, { settings }) => ({ body: { says: settings.greeting } }) }],
})
