/** Form of every module and field name. */
export const NAME_PATTERN = /^[a-z][A-Za-z0-9]{0,47}$/

/** No module may be called so: words of the schema's own root fields and payloads. */
export const RESERVED_MODULE_NAMES: ReadonlySet<string> = new Set([
  ...['node', 'nodes', 'record', 'me', 'search', 'module', 'modules', 'field', 'role', 'roles', 'plugin', 'plugins', 'session', 'apiKey', 'webhook', 'file'],
  ...['changes', 'timeline', 'query', 'mutation', 'subscription'],
  ...['id', 'version', 'created', 'changeSetId', 'cursor', 'operation', 'at', 'actor', 'changedFields'],
])

/** No field may be called so, system fields apart: members of `Record`, words of filters and keys, and names that every JavaScript object has. */
export const RESERVED_FIELD_NAMES: ReadonlySet<string> = new Set([
  ...['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt', 'owner', 'team', 'externalId', 'externalIds', 'tags'],
  ...['displayName', 'values', 'viewerAccess', 'history', 'source'],
  ...['and', 'or', 'not', 'ref'],
  ...['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'],
])

/** Modules that the product has or will have under these names (and their plurals); nobody may take them at run time. */
const PLANNED_MODULES = [
  ...['consentRecord', 'pool', 'poolEvent', 'deal', 'quote', 'priceBook', 'invoice', 'payment', 'refund', 'contract', 'project', 'offer', 'redemption'],
  ...[
    'coupon',
    'campaign',
    'campaignMember',
    'competitor',
    'lostReason',
    'leadSource',
    'call',
    'visit',
    'emailMessage',
    'emailMsg',
    'meeting',
    'chatMessage',
    'chatMsg',
    'note',
  ],
  ...['event', 'timer', 'notification', 'slaClock', 'businessCalendar', 'holiday', 'survey', 'question', 'invitation', 'response', 'answer', 'feedback'],
  ...['improvementItem', 'churnSignal', 'winbackPlan', 'document', 'docVersion', 'folder', 'shareLink', 'knowledgeArticle', 'course', 'department', 'grant'],
  ...[
    'policyAcknowledgement',
    'fieldGrant',
    'rowScope',
    'mask',
    'oauthClient',
    'oAuthClient',
    'accessReview',
    'customModule',
    'customField',
    'option',
    'optionSet',
  ],
  ...['relation', 'formulaField', 'rollupField', 'workflow', 'workflowVersion', 'run', 'step', 'scoringRule', 'assignmentRule', 'duplicateRule'],
  ...['qualityRule', 'cleaningRule', 'importJob', 'importRow', 'exportJob', 'mergeEvent', 'changeSet', 'auditLog', 'readLog', 'outboxEvent'],
  ...['webhookEndpoint', 'connector', 'syncLink', 'syncConflict', 'pluginVersion', 'pluginGrant', 'segment', 'segmentMember', 'savedView', 'report'],
  ...['schedule', 'snapshot', 'dashboard', 'rate', 'region', 'backupPlan', 'backup', 'restoreDrill', 'job', 'systemCheck', 'metric', 'migration'],
  ...['retentionRule', 'erasureRequest', 'subjectExport', 'idempotencyRecord', 'case', 'user', 'team', 'account', 'contact', 'lead', 'pipeline', 'stage'],
  ...[
    'opportunity',
    'product',
    'order',
    'orderLine',
    'activity',
    'task',
    'ticket',
    'ticketComment',
    'reminder',
    'reminderRule',
    'tag',
    'exchangeRate',
    'delivery',
  ],
]

const IRREGULAR_PLURALS: readonly (readonly [string, string])[] = [
  ['dealStageHistory', 'dealStageHistories'],
  ['progress', 'progresses'],
  ['priceEntry', 'priceEntries'],
  ['delivery', 'deliveries'],
  ['complaintCategory', 'complaintCategories'],
  ['slaPolicy', 'slaPolicies'],
  ['category', 'categories'],
  ['territory', 'territories'],
  ['recordHistory', 'recordHistories'],
  ['currency', 'currencies'],
  ['industry', 'industries'],
  ['opportunity', 'opportunities'],
  ['activity', 'activities'],
]

/** Names that an administrator's module cannot have. Built-in plugins may bring modules under some of them. */
export const PRODUCT_MODULE_NAMES: ReadonlySet<string> = new Set([...PLANNED_MODULES.flatMap((name) => [name, `${name}s`]), ...IRREGULAR_PLURALS.flat()])

/** Names that every JavaScript object has; they name nothing, lest some program take them for what they are not. */
export const OBJECT_NAMES: ReadonlySet<string> = new Set([
  ...['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toLocaleString'],
])
