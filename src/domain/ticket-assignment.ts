import { shortened } from '../lib/shortened.ts'
import type { PendingChange, RuleContext } from '../records/write/index.ts'
import type { Category } from './complaint-categories.ts'
import { type Candidate, keepTurns, readCandidates, takeTurns } from './rotation.ts'
import { isEnded } from './ticket-status.ts'

/** Characters that a name takes in a reason at most. */
const LONGEST_NAME = 100

const shorten = (name: string): string => shortened(name, LONGEST_NAME)

const WAYS = { round_robin: 'round robin', least_loaded: 'least loaded' } as const

/** A ticket that looks for an assignee, with its category. */
interface Search {
  readonly change: PendingChange
  readonly category: Category & { readonly assignment: NonNullable<Category['assignment']> }
}

/**
 * Finds assignees for tickets that get a category, and none by hand: among the active persons of the category's team who are on duty, or all of them where the team plans no
 * shifts, by turns or by what they have in hand. The reason is kept, also where nobody was found. Five statements for a whole batch.
 */
export async function assignTickets(changes: readonly PendingChange[], categories: ReadonlyMap<string, Category>, context: RuleContext): Promise<void> {
  for (const change of changes) noteHand(change, context.at)
  const searches = changes.flatMap((change) => searchOf(change, categories))
  const teams = new Map<string, Search[]>()
  for (const search of searches) {
    const { team, name } = search.category
    if (team === null) explain(search.change, `unassigned: category ${shorten(name)} has no team`)
    else teams.set(team, [...(teams.get(team) ?? []), search])
  }
  if (teams.size === 0) return
  const names = await context.images('team', teams.keys())
  const turns = await takeTurns(context, new Map([...teams].map(([team, members]) => [team, members.length])))
  const weighed = [...teams].filter(([, members]) => members.some(({ category }) => category.assignment === 'least_loaded')).map(([team]) => team)
  const candidates = await readCandidates(context, [...teams.keys()], weighed)
  const given = new Set<Candidate>()
  for (const [team, members] of teams) {
    const name = shorten(String(names.get(team)?.['name'] ?? team))
    const active = candidates.filter((candidate) => candidate.team === team)
    countHandedOut(active, changes)
    let turn = turns.get(team) as number
    for (const search of members) {
      const chosen = assign(search, name, active, context.at)
      if (!chosen) continue
      turn += 1
      chosen.turn = turn
      if (chosen.load !== null) chosen.load += 1
      given.add(chosen)
    }
  }
  await keepTurns(context, [...given])
}

/** Says what is known of an assignee who was given, or taken away, by hand. */
function noteHand(change: PendingChange, at: string): void {
  if (!change.given('assignee') || !change.changes('assignee')) return
  const assigned = (change.after['assignee'] ?? null) !== null
  if (!change.given('assignmentReason')) change.set('assignmentReason', assigned ? 'by hand' : null)
  if (!change.given('assignedAt')) change.set('assignedAt', assigned ? at : null)
}

function searchOf(change: PendingChange, categories: ReadonlyMap<string, Category>): Search[] {
  const { operation, after } = change
  const looks = operation === 'CREATED' || (operation === 'UPDATED' && change.changes('category'))
  if (!looks || change.given('assignee') || (after['assignee'] ?? null) !== null) return []
  const category = categories.get(after['category'] as string)
  if (category && category.assignment !== null && !isEnded(after['status'])) return [{ change, category: { ...category, assignment: category.assignment } }]
  // What was said of the category before does not hold any more.
  if (operation === 'UPDATED') explain(change, null)
  return []
}

function assign({ change, category }: Search, team: string, active: readonly Candidate[], at: string): Candidate | null {
  const planned = active.some((candidate) => candidate.planned)
  const ready = planned ? active.filter(({ onDuty }) => onDuty) : active
  const chosen = ready.reduce<Candidate | null>((best, each) => (best === null || comesBefore(each, best, category.assignment) ? each : best), null)
  const where = `category ${shorten(category.name)}`
  if (!chosen) {
    explain(change, active.length === 0 ? `unassigned: team ${team} has nobody active (${where})` : `unassigned: nobody of team ${team} is on duty (${where})`)
    return null
  }
  change.set('assignee', chosen.user)
  explain(change, `${WAYS[category.assignment]} in team ${team} by ${where}: ${ready.length} ${planned ? 'on duty' : 'active'}`)
  if (!change.given('assignedAt')) change.set('assignedAt', at)
  return chosen
}

/** Whoever had his turn longer ago; with `least_loaded` that decides among those who have the least in hand. Candidates come in the order of their ids. */
function comesBefore(one: Candidate, other: Candidate, assignment: Search['category']['assignment']): boolean {
  const [load, least] = [one.load ?? 0, other.load ?? 0]
  return assignment === 'least_loaded' && load !== least ? load < least : one.turn < other.turn
}

/** What the same batch gives by hand is in hand, too. */
function countHandedOut(candidates: readonly Candidate[], changes: readonly PendingChange[]): void {
  const counts = new Map<unknown, number>()
  for (const { operation, before, after } of changes) {
    const [from, to] = [before?.['assignee'] ?? null, after['assignee'] ?? null]
    if (operation !== 'DELETED' && to !== null && to !== from && !isEnded(after['status'])) counts.set(to, (counts.get(to) ?? 0) + 1)
  }
  for (const candidate of candidates) if (candidate.load !== null) candidate.load += counts.get(candidate.user) ?? 0
}

function explain(change: PendingChange, reason: string | null): void {
  if (!change.given('assignmentReason')) change.set('assignmentReason', reason)
}
