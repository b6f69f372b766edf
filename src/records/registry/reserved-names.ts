/** Form of every module and field name. */
export const NAME_PATTERN = /^[a-z][A-Za-z0-9]{0,47}$/

/** No module may be called so: words of the schema's own root fields and payloads. */
export const RESERVED_MODULE_NAMES: ReadonlySet<string> = new Set([
  ...['node', 'nodes', 'record', 'me', 'search', 'module', 'modules', 'field', 'role', 'roles', 'plugin', 'plugins', 'session', 'apiKey', 'webhook', 'file'],
  ...['changes', 'timeline', 'query', 'mutation', 'subscription'],
  ...['id', 'version', 'created', 'changeSetId', 'cursor', 'operation', 'at', 'actor', 'changedFields'],
])

/** No field may be called so, system fields apart: members of `Record`, filter words, and names that every JavaScript object has. */
export const RESERVED_FIELD_NAMES: ReadonlySet<string> = new Set([
  ...['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt', 'owner', 'team', 'externalIds', 'tags'],
  ...['displayName', 'values', 'viewerAccess', 'history', 'source'],
  ...['and', 'or', 'not', 'ref'],
  ...['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'],
])
