import { isDeepStrictEqual } from 'node:util'
import { type Application, redefined, withoutCondition } from './application.ts'
import { Claims } from './claims.ts'
import { wantedIndexes } from './define-field.ts'
import { patchOf, renamedField, type WantedField } from './match-fields.ts'
import type { StoredField } from './stored.ts'
import { previewConversion, updateField } from './update-field.ts'

interface ChangedField {
  readonly field: WantedField
  readonly before: StoredField
  readonly after: StoredField
}

/**
 * Changes the fields that have columns. They have been put aside, so that none stands in the way of another's new name. Those of which only the
 * description changes are defined all together; the others go through the checks of their data one by one.
 */
export async function changeStored(application: Application): Promise<void> {
  const { change, fields, refusals } = application
  const { workspace } = change
  const claims = new Claims(workspace)
  const changed: ChangedField[] = []
  for (const field of fields) {
    const { before } = field
    if (before && !field.computed && field.differs)
      await refusals.allow(field.path, () => void changed.push({ field, before, after: redefined(application, field, before, claims) }))
  }
  const [described, moved] = [changed.filter((each) => !concernsData(each)), changed.filter(concernsData)]
  for (const { after } of described) workspace.put({ field: after })
  for (const each of moved) await changeData(application, each)
}

async function changeData({ change, refusals, planOnly, currency, unconvertible }: Application, { field, before }: ChangedField): Promise<void> {
  const { input, path } = field
  const [renamed, patch] = [renamedField(before, input), patchOf(input)]
  const allowed = await refusals.allow(path, async () => {
    if (planOnly && input.type !== before.type) unconvertible.set(before.id, await previewConversion(change, withoutCondition(before), patch, currency, path))
    await updateField(change, renamed, patch, currency, path)
  })
  // A plan goes on with the field as it was, under the name that others call it by.
  if (!allowed) change.workspace.put({ field: { ...before, name: renamed.name, aliases: renamed.aliases, parameters: withoutCondition(before).parameters } })
}

/** Values, keys or indexes have a say in it, or rules of what a field keeps for good. */
function concernsData({ before, after }: ChangedField): boolean {
  const facts = ({ type, parameters }: StoredField) => ({
    type,
    required: parameters.required === true,
    unique: parameters.unique === true,
    indexes: [...wantedIndexes(type, parameters)].sort(),
    target: parameters.reference?.module,
    numbering: parameters.numbering,
  })
  return !isDeepStrictEqual(facts(before), facts(after))
}
