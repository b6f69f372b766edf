import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { defineJob, definePlugin, PLUGIN, REFUSAL, Refusal } from '../../src/plugins/api/index.ts'

// What does not compile here fails `npm run types`.
test('a definition is typed: settings by their schema, payloads of jobs by theirs, actions and codes by their words', () => {
  const settings = z.object({ longest: z.number().default(3), name: z.string().default('x') })
  type Settings = z.output<typeof settings>
  const plugin = definePlugin({
    name: 'typed',
    version: '1.0.0',
    apiVersion: '^1.0.0',
    settings,
    capabilities: { modules: { account: ['READ'] } },
    before: [
      {
        module: 'account',
        run: (changes, context) => {
          const longest: number = context.settings.longest
          // @ts-expect-error there is no such setting
          void context.settings.other
          // @ts-expect-error no network while locks are held
          void context.fetch
          for (const change of changes) change.refuse(null, 'X', context.settings.name.slice(0, longest))
        },
      },
    ],
    guards: [
      {
        module: 'account',
        // @ts-expect-error a guard changes nothing
        run: ([change]) => change?.set('name', 'x'),
      },
    ],
    jobs: [
      defineJob<Settings, { id: string }>({
        name: 'typed',
        payload: z.object({ id: z.string() }),
        run: async ({ id }, { records }) => void (await records.get('account', id.trim())),
      }),
    ],
  })
  expect(plugin[PLUGIN]).toBe(true)
  expect(Object.isFrozen(plugin)).toBe(true)
  expect(new Refusal('FORBIDDEN', 'no')[REFUSAL]).toBe(true)
  // @ts-expect-error a plugin cannot answer with every code
  expect(new Refusal('INTERNAL', 'no').code).toBe('INTERNAL')
  // @ts-expect-error records are not exported
  void definePlugin({ name: 'x', version: '1.0.0', apiVersion: '^1.0.0', capabilities: { modules: { account: ['EXPORT'] } } })
})
