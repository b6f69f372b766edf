import '../typescript.mjs'
import { code } from './table.mjs'

/** docs/reserved-names.md out of the names that are kept for the product. */
export async function reservedNamesReference() {
  const { OBJECT_NAMES, PRODUCT_MODULE_NAMES, RESERVED_FIELD_NAMES, RESERVED_MODULE_NAMES } = await import('../../src/records/registry/reserved-names.ts')
  const list = (...sets) => [...new Set(sets.flatMap((names) => [...names]))].sort().map(code).join(' ')
  return `# Reserved names

Generated from \`src/records/registry/reserved-names.ts\` by \`npm run docs\`.

A name has 1 to 48 letters a–z, A–Z and digits and begins with a small letter; labels may be in any script. Names that the product has, or will have, cannot
be taken at run time (the answer is \`RESERVED\`). A prefix of your own, such as \`acmeInvoice\`, is never in the way. Neither may a module's names make a type or
root field that is somebody else's (\`TAKEN\`, which names the owner).

## Fields and lists

${list(RESERVED_FIELD_NAMES, OBJECT_NAMES)}

## Modules, by name or plural

${list(RESERVED_MODULE_NAMES, PRODUCT_MODULE_NAMES, OBJECT_NAMES)}
`
}
