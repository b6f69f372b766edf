import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Step {
  readonly action: string
  readonly module: string
  readonly field: string | null
  readonly changes: readonly string[]
}

const short = (plan: readonly Step[]) => plan.map(({ action, module, field }) => `${action} ${module}${field === null ? '' : `.${field}`}`)

describe('metadata as one state', () => {
  let source: TestServer
  let target: TestServer

  beforeAll(async () => {
    source = await startTestServer()
    target = await startTestServer()
  })
  afterAll(async () => {
    await source?.close()
    await target?.close()
  })

  const state = async (server: TestServer) => (await server.admin.data('{ exportMetadata }')).exportMetadata

  test('goes from one installation to another as it is exported', async () => {
    await source.admin.data(METADATA.createModule, {
      input: {
        name: 'machine',
        pluralName: 'machines',
        labels: [
          { locale: 'en', text: 'Machine' },
          { locale: 'zh-CN', text: '机器' },
        ],
        fields: [
          { name: 'serial', type: 'TEXT', required: true, unique: true },
          { name: 'mode', type: 'SELECT', options: [{ value: 'on', label: 'On', color: '#00ff00' }, { value: 'off' }], default: 'off' },
          { name: 'power', type: 'DECIMAL', min: 0, max: '1000.5', scale: 2 },
          { name: 'site', type: 'REFERENCE', reference: { module: 'account', inverseName: 'machines', onDelete: 'restrict' } },
        ],
      },
    })
    await makeField(source.admin, { module: 'account', name: 'rating5', type: 'RATING', max: 5, help: 'How good it is.' })
    const wanted = await state(source)
    expect(wanted).toHaveLength(2)
    const before = await contentOf(target.database.url)
    const dry = await target.admin.data(METADATA.apply, { input: wanted, dryRun: true })
    expect(short(dry.answer.plan)).toEqual([
      'CREATE machine',
      'CREATE machine.serial',
      'CREATE machine.mode',
      'CREATE machine.power',
      'CREATE machine.site',
      'CREATE account.rating5',
    ])
    expect(dry.answer.applied).toBe(false)
    expect(await contentOf(target.database.url)).toEqual(before)
    const { answer } = await target.admin.data(METADATA.apply, { input: wanted })
    expect(answer.applied).toBe(true)
    expect(await state(target)).toEqual(wanted)
    const again = await target.admin.data(METADATA.apply, { input: wanted })
    expect(again.answer).toMatchObject({ plan: [], applied: false })
  })

  test('renames, changes and removes, all or nothing', async () => {
    await target.admin.data('mutation { createMachine(input: {serial: "A-1", power: "10.25"}) { machine { id } } }')
    const wanted = await state(target)
    const machine = wanted.find(({ name }: { name: string }) => name === 'machine')
    const fields = machine.fields.filter(({ name }: { name: string }) => name !== 'mode')
    const changed = fields.map((field: { name: string }) => (field.name === 'serial' ? { ...field, name: 'serialNumber', was: 'serial' } : field))
    const next = [{ ...machine, fields: changed }]
    const dry = await target.admin.data(METADATA.apply, { input: next, dryRun: true })
    expect(short(dry.answer.plan)).toEqual(['REMOVE account.rating5', 'REMOVE machine.mode', 'CHANGE machine.serial'])
    const before = await contentOf(target.database.url)
    const broken = [{ ...machine, fields: [...changed, { name: 'bad name', type: 'TEXT' }] }]
    expect(issuesOf(await target.admin.send(METADATA.apply, { input: broken }))).toEqual([expect.stringMatching(/^input\.0\.fields\.\d\.name: NAME$/)])
    expect(await contentOf(target.database.url)).toEqual(before)
    await target.admin.data(METADATA.apply, { input: next })
    const { machines } = await target.admin.data('{ machines { nodes { serialNumber serial power } } }')
    expect(machines.nodes).toEqual([{ serialNumber: 'A-1', serial: 'A-1', power: '10.25' }])
  })

  test('tells which values would not convert', async () => {
    const field = await makeField(target.admin, { module: 'machine', name: 'size', type: 'TEXT' })
    await target.admin.data('mutation { createMachine(input: {serial: "A-2", size: "large"}) { machine { id } } }')
    expect(field.state).toBe('ready')
    const wanted = await state(target)
    const machine = wanted.find(({ name }: { name: string }) => name === 'machine')
    const next = [{ ...machine, fields: machine.fields.map((each: { name: string }) => (each.name === 'size' ? { name: 'size', type: 'INTEGER' } : each)) }]
    const { answer } = await target.admin.data(METADATA.apply, { input: next, dryRun: true })
    expect(answer.plan).toEqual([expect.objectContaining({ action: 'CHANGE', field: 'size', unconvertible: { count: 1, examples: ['large'] } })])
    expect(issuesOf(await target.admin.send(METADATA.apply, { input: next }))).toEqual([expect.stringMatching(/^input\.0\.fields\.\d\.type: CONVERSION$/)])
  })
})
