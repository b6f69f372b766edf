import type { TestClient } from './client.ts'
import type { Level, LevelOracle } from './level-oracle.ts'

/** The levels that hold on all records, as somebody is told them. */
export async function toldLevels(client: TestClient): Promise<LevelOracle['told']> {
  const { modules } = await client.data('{ modules { name fields { name access } } }')
  const levels = new Map<string, Level>()
  for (const { name, fields } of modules) for (const field of fields) levels.set(`${name}.${field.name}`, field.access === 'WRITE' ? 'READ' : field.access)
  return ({ module, name }) => levels.get(`${module}.${name}`) ?? 'HIDDEN'
}
