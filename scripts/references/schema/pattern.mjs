import { code } from '../table.mjs'
import { rootFieldSection, typeBody } from './text.mjs'

const EXAMPLE = 'account'

/** Codes of errors besides those of every operation, by what the root field does. */
const ERRORS = {
  query:
    'Errors: `UNAUTHENTICATED`, `FORBIDDEN` (the module is closed to your roles), `FORBIDDEN_FIELD` (a field that is hidden; it is null), `CURSOR_INVALID`, `LIMIT_EXCEEDED`.',
  mutation:
    'Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`, `VALIDATION_FAILED` (with [issues](../errors.md#codes-of-issues)), `DUPLICATE`, `VERSION_CONFLICT` (with `ifVersion`), `PLUGIN_UNAVAILABLE`, and those of [idempotency](../idempotency.md).',
  subscription: 'Errors: `UNAUTHENTICATED`, `FORBIDDEN`, `CURSOR_INVALID`, `CURSOR_EXPIRED`, `RESYNC`, `SCHEMA_CHANGED`.',
}

/** What every module has, told of one. */
export function patternPage({ registry, schema, typeNames, rootFieldNames }) {
  const module = registry.module(EXAMPLE)
  const names = typeNames(module)
  const roots = rootFieldNames(module)
  const sectionsOf = (operation, type) =>
    [`## ${type.name === 'Query' ? 'Queries' : type.name === 'Mutation' ? 'Mutations' : 'Subscription'}`, ERRORS[operation]].concat(
      Object.values(roots[operation]).map((name) => rootFieldSection(type.getFields()[name])),
    )
  const types = Object.values(names)
    .map((name) => schema.getType(name))
    .filter(Boolean)
  return [
    '# What every module has',
    'Generated from the schema by `npm run docs`.',
    `Told of ${code(EXAMPLE)}; of each other module the same is there under its own names: ${code('account')}, ${code('accounts')} and ${code('Account')} become ${code('contact')}, ${code('contacts')} and ${code('Contact')}. That holds for custom modules and those of plugins, too. Modules whose records the system alone writes have no mutations. The pages of the [modules](README.md#modules) have their fields; types of values, such as ${code('Money')} and ${code('StringFilter')}, are among the [types](types.md).`,
    ...sectionsOf('query', schema.getQueryType()),
    ...sectionsOf('mutation', schema.getMutationType()),
    ...sectionsOf('subscription', schema.getSubscriptionType()),
    '## Types',
    ...types.map((type) => `### ${code(type.name)}\n\n${typeBody(type)}`),
  ]
    .join('\n\n')
    .concat('\n')
}
