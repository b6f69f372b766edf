import { DOMAIN } from './domain.ts'
import { EXPLAIN_ACCESS } from './explain-access.ts'
import { FIELDS } from './fields.ts'
import { FORMULA } from './formula.ts'
import { GRAPHQL } from './graphql.ts'
import { HTTP } from './http.ts'
import { IDENTITY } from './identity.ts'
import { MODULES } from './modules.ts'
import { PLUGINS } from './plugins.ts'
import { PUSH } from './push.ts'
import { READS } from './reads.ts'
import { RIGHTS } from './rights.ts'
import { VALUES } from './values.ts'
import { WRITES } from './writes.ts'

/** Simplified Chinese, by the English templates of `say`. Each stands in one of the tables, which are cut by where in the source it is said. */
export const ZH_CN: ReadonlyMap<string, string> = new Map(
  [DOMAIN, EXPLAIN_ACCESS, FIELDS, FORMULA, GRAPHQL, HTTP, IDENTITY, MODULES, PLUGINS, PUSH, READS, RIGHTS, VALUES, WRITES].flatMap((table) =>
    Object.entries(table),
  ),
)
