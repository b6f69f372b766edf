import { code } from '../table.mjs'
import { rootFieldSection } from './text.mjs'

const FOR = {
  public: 'For everybody, signed in or not.',
  signedIn: 'For whoever is signed in; otherwise `UNAUTHENTICATED`.',
  administrator: 'For administrators; otherwise `UNAUTHENTICATED` or `FORBIDDEN`.',
}

/** Root fields that belong to no module. */
export function operationsPage({ registry, schema, rootFieldNames, audienceOf }) {
  const ofModules = new Set([...registry.modules.values()].flatMap((module) => Object.values(rootFieldNames(module)).flatMap((group) => Object.values(group))))
  const sections = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => {
    const fields = Object.values(type.getFields()).filter(({ name }) => !ofModules.has(name))
    const heading = { Query: 'Queries', Mutation: 'Mutations', Subscription: 'Subscriptions' }[type.name]
    return [
      `## ${heading}`,
      ...fields.sort((a, b) => a.name.localeCompare(b.name)).map((field) => rootFieldSection(field, FOR[audienceOf(type.name, field.name) ?? 'signedIn'])),
    ]
  })
  return [
    '# Operations of no module',
    'Generated from the schema by `npm run docs`.',
    `Sessions, users and roles, sharing, explanations of access, the audit log, custom fields and modules, plugins, and what goes over all modules (${code('node')}, ${code('changes')}). A mutation of this page stands alone in its operation; where its input is wrong it answers ${code('VALIDATION_FAILED')} with [issues](../errors.md#codes-of-issues).`,
    ...sections,
  ]
    .join('\n\n')
    .concat('\n')
}
