import { createRandom } from '../random.ts'
import { createCalendar } from './calendar.ts'
import { generateActivities, generateReminders, generateTasks } from './diary.ts'
import type { Generation } from './generation.ts'
import { generateLeads, generateRates } from './leads.ts'
import { generateOpportunities } from './opportunities.ts'
import { generatePipelines } from './pipelines.ts'
import { generateTickets } from './tickets.ts'

/** Any number; changing it changes the whole demo. */
const SEED = 830_2155

export interface GeneratedCounts {
  readonly leads: number
  readonly opportunities: number
  readonly activities: number
  readonly tasks: number
  readonly tickets: number
  readonly reminders: number
}

/** What stands around Northwind's orders, with dates around `now`. The same choices each time. */
export async function generateAround(given: Omit<Generation, 'random' | 'calendar'>, now: Date): Promise<GeneratedCounts> {
  const generation: Generation = { ...given, random: createRandom(SEED), calendar: createCalendar(now) }
  await generateRates(generation)
  const stages = await generatePipelines(generation)
  const leads = await generateLeads(generation)
  const opportunities = await generateOpportunities(generation, stages)
  const tickets = await generateTickets(generation)
  const subjects = { opportunities, tickets, leads }
  return {
    leads: leads.length,
    opportunities: opportunities.length,
    activities: await generateActivities(generation, subjects),
    tasks: await generateTasks(generation, subjects),
    tickets: tickets.length,
    reminders: await generateReminders(generation, subjects),
  }
}
