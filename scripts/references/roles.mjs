import '../typescript.mjs'
import { code, table } from './table.mjs'

/** docs/roles.md out of the shipped roles. */
export async function rolesReference() {
  const { SHIPPED_ROLES, SIGNED_IN } = await import('../../src/auth/shipped-roles.ts')
  const letters = { CREATE: 'C', READ: 'R', UPDATE: 'U', DELETE: 'D', RESTORE: 'S', EXPORT: 'X', BULK: 'B' }
  const section = ({ key, name, grants, fields }) => {
    const byRights = groupBy(grants, ({ actions, scope }) => `${actions.map((action) => letters[action]).join('')} ${scope}`)
    const rows = [...byRights].map(([rights, granted]) => [granted.map(({ module }) => code(module)).join(', '), ...rights.split(' ')])
    const byAccess = groupBy(fields, ({ access }) => access)
    const lines = [...byAccess].map(([access, listed]) => `- ${access}: ${listed.map(({ fieldId }) => code(fieldId)).join(', ')}`)
    const title = key === SIGNED_IN.key ? name : `${name} (${code(key)})`
    return `## ${title}\n\n${table(['modules', 'actions', 'scope'], rows)}\n${lines.length > 0 ? `\nSensitive fields beyond the module's actions:\n\n${lines.join('\n')}\n` : ''}`
  }
  return `# Shipped roles

Generated from \`src/auth/shipped-roles.ts\` by \`npm run docs\`.

Actions: C create, R read, U update, D delete, S restore, X export, B bulk (several records in one call, each by the action that fits). Scope: OWN the user's own records, TEAM those that members of the user's teams own (records without an owner: those of the teams),
TEAM_TREE also of the teams below, ALL every record. \`*\` stands for every module or field. Fields that are not sensitive follow the
actions of their module; sensitive ones are hidden unless they are listed. Who has several roles has all that each of them gives.

${[SIGNED_IN, ...SHIPPED_ROLES].map(section).join('\n')}`
}

function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
