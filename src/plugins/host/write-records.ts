import { GuanxiError, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../../records/registry/index.ts'
import type { CheckedChangeSet, RecordInput } from '../../records/write/index.ts'
import type { RecordValues, RecordWriter } from '../api/index.ts'

const OPTIONS = { pathOf: (index: number) => ['input', index] as const }

/** Writes for a plugin by the write pipeline: rights, rules, history, events and audit as for anybody. `changes` is asked each time, and throws where the plugin's turn is over. */
export function recordWriter(changes: () => CheckedChangeSet): RecordWriter {
  const moduleOf = (set: CheckedChangeSet, name: string): ModuleDefinition => {
    const module = set.registry.modules.get(name)
    if (!module) throw new GuanxiError('FORBIDDEN', say`There is no module ${String(name).slice(0, 60)}, or the plugin has no capability for it.`)
    return module
  }
  return {
    create: async (name, records) => {
      const set = changes()
      const module = moduleOf(set, name)
      const inputs = records.map((values) => inputOf(module, values))
      return (await set.create(module, inputs, OPTIONS)).ids
    },
    update: async (name, updates) => {
      const set = changes()
      const module = moduleOf(set, name)
      const items = updates.map(({ id, values, ifVersion }) => ({ id, input: inputOf(module, values), ifVersion: ifVersion ?? null }))
      await set.update(module, items, OPTIONS)
    },
    delete: async (name, ids) => {
      const set = changes()
      await set.delete(moduleOf(set, name), items(ids), OPTIONS)
    },
    restore: async (name, ids) => {
      const set = changes()
      await set.restore(moduleOf(set, name), items(ids), OPTIONS)
    },
  }
}

const items = (ids: readonly string[]) => ids.map((id) => ({ id }))

/** References are given as ids, or in the API's own forms. */
function inputOf(module: ModuleDefinition, values: RecordValues): RecordInput {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const type = module.fields.get(name)?.type
      if (typeof value === 'string' && (type === 'REFERENCE' || type === 'USER')) return [name, { id: value }]
      if (Array.isArray(value) && type === 'REFERENCES') return [name, { set: value.map((id) => ({ id })) }]
      return [name, value]
    }),
  )
}
