/** Mutations of roles; `create` takes `$input`, the others `$id` of a user and `$key` of a role. */
export const ROLES = {
  create: 'mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }',
  assign: 'mutation ($id: ID!, $key: String!) { assignRole(userId: $id, roleKey: $key) { user { id } } }',
  unassign: 'mutation ($id: ID!, $key: String!) { unassignRole(userId: $id, roleKey: $key) { user { id } } }',
} as const
