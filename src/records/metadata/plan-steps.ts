import type { Issue } from '../../errors/index.ts'
import type { Application } from './application.ts'
import { standIn } from './apply-computed.ts'
import { differences } from './compare-descriptions.ts'
import { type Dependent, dependentsOf, dependentsOfModule, namedFields } from './dependents.ts'
import { describeField, describeModule } from './describe-field.ts'
import type { WantedField } from './match-fields.ts'
import { isServed } from './served.ts'
import type { StoredModule } from './stored.ts'

/** One difference between the state that holds and the one that is wanted. */
export interface PlanStep {
  readonly action: 'CREATE' | 'CHANGE' | 'REMOVE'
  readonly module: string
  /** Null: the module itself. */
  readonly field: string | null
  /** Members of the description that change. */
  readonly changes: readonly string[]
  /** What depends on it; blocking only where the state neither changes nor removes that too. */
  readonly touches: readonly Dependent[]
  /** Values that have no form in the new type. */
  readonly unconvertible: { readonly count: number; readonly examples: readonly string[] } | null
  /** What stands against it. Only a plan has some: a change that meets one is refused as a whole. */
  readonly issues: readonly Issue[]
}

type Path = readonly (string | number)[]

/** What the application has come to, step by step: removals, changes, new modules and fields, each in the order of the state. */
export async function planSteps(application: Application): Promise<PlanStep[]> {
  const named = await namedFields(application.change.transaction)
  const steps = [...(await removals(application, named)), ...(await changes(application, named)), ...creations(application)]
  const told = new Set(steps.flatMap(({ issues }) => issues))
  const untold = application.refusals.of([]).filter((issue) => !told.has(issue))
  const settled = new Set(
    steps.flatMap(({ action, module, field, changes: changed }) =>
      action === 'CREATE' ? [] : field !== null ? [`${module}.${field}`] : changed.includes('nameField') || action === 'REMOVE' ? [module] : [],
    ),
  )
  return steps.map((each, index) => ({
    ...each,
    touches: each.touches.map((touched) => ({ ...touched, blocking: touched.blocking && !settled.has(touched.name) })),
    issues: index === 0 ? [...each.issues, ...untold] : each.issues,
  }))
}

function step(action: PlanStep['action'], module: string, field: string | null, more: Partial<PlanStep> = {}): PlanStep {
  return { action, module, field, changes: [], touches: [], unconvertible: null, issues: [], ...more }
}

async function removals({ change: { transaction }, standing, wanted, fields }: Application, named: ReadonlySet<string>): Promise<PlanStep[]> {
  const names = new Set(wanted.map(({ name }) => name))
  const kept = new Set(fields.map(({ before }) => before?.id))
  const steps: PlanStep[] = []
  for (const field of standing.fields) {
    const module = standing.moduleOf(field)
    // The fields of a module that leaves go with it.
    if (!module || !isServed(field, standing) || kept.has(field.id) || (module.custom && !names.has(module.name))) continue
    steps.push(step('REMOVE', module.name, field.name, { touches: await dependentsOf(field, standing, transaction, named) }))
  }
  for (const module of standing.modules)
    if (module.state === 'active' && !names.has(module.name))
      steps.push(step('REMOVE', module.name, null, { touches: await dependentsOfModule(module, standing, transaction) }))
  return steps
}

async function changes(application: Application, named: ReadonlySet<string>): Promise<PlanStep[]> {
  const { change, standing, fields, wanted, refusals, unconvertible } = application
  const steps: PlanStep[] = []
  for (const field of fields) {
    const { before, module, path } = field
    if (!before) continue
    const changed = changesOf(application, field)
    const issues = refusals.of(path)
    if (changed.length === 0 && issues.length === 0) continue
    const touches = await dependentsOf(before, standing, change.transaction, named)
    steps.push(step('CHANGE', module, before.name, { changes: changed, touches, unconvertible: unconvertible.get(before.id) ?? null, issues }))
  }
  for (const [index, { name }] of wanted.entries()) {
    const before = standing.customModule(name)
    if (before?.state !== 'active') continue
    // It goes on to be named by a field that merely has another name.
    const nameField = fields.find((field) => field.module === name && field.before?.name === before.nameField)?.input.name ?? before.nameField
    const changed = differences(describeModule({ ...before, nameField }), describeModule(change.workspace.customModule(name) as StoredModule))
    const issues = refusals.of(['input', index], pathsWithin(application, index))
    if (changed.length > 0 || issues.length > 0) steps.push(step('CHANGE', name, null, { changes: changed, issues }))
  }
  return steps
}

/** What is different in the end; of a field that could not be changed, what was to be. */
function changesOf(application: Application, field: WantedField): string[] {
  const { change, standing } = application
  const { before, input, path } = field
  if (!before) return []
  const described = describeField(before, standing.registry)
  const after = application.refusals.of(path).length > 0 ? undefined : standIn(application, field)
  if (!after) return field.differs ? differences(described, input) : []
  // A text that only follows new names of other fields says what it said.
  return field.differs ? differences(described, { aliases: [], helps: [], ...describeField(after, change.workspace.registry) }) : []
}

function creations(application: Application): PlanStep[] {
  const { standing, wanted, fields, refusals } = application
  const created = fields.filter(({ before }) => !before)
  const asStep = ({ module, input, path }: WantedField) => step('CREATE', module, input.name, { issues: refusals.of(path) })
  const modules = wanted.flatMap(({ name }, index) => {
    if (standing.module(name)) return []
    const issues = refusals.of(['input', index], pathsWithin(application, index))
    return [step('CREATE', name, null, { issues }), ...created.filter(({ module }) => module === name).map(asStep)]
  })
  return [...modules, ...created.filter(({ module }) => standing.module(module)).map(asStep)]
}

function pathsWithin({ fields, wanted }: Application, index: number): Path[] {
  return fields.filter(({ module }) => module === wanted[index]?.name).map(({ path }) => path)
}
