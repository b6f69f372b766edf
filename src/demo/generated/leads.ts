import type { Random } from '../random.ts'
import { createAll } from '../records.ts'
import { type Generation, SOURCE } from './generation.ts'
import { CHINESE_FAMILY, CHINESE_GIVEN, ENGLISH_FAMILY, ENGLISH_GIVEN, LEAD_COMPANIES, LEAD_NEEDS, LEAD_SOURCES } from './phrases.ts'

const COUNT = 60
const STATUSES = ['new', 'new', 'contacted', 'contacted', 'qualified', 'unqualified', 'lost'] as const
const INDUSTRIES = ['food_and_beverage', 'hospitality', 'retail', 'wholesale'] as const
const RATINGS = ['hot', 'warm', 'cold'] as const
const POSITIONS = { english: ['Buyer', 'Head of purchasing', 'Owner', 'Restaurant manager'], chinese: ['采购经理', '采购总监', '店长', '总经理'] } as const

export interface Lead {
  readonly id: string
  readonly name: string
  readonly owner: string
}

/** Leads of employees; addresses and numbers are ones that are reserved for examples or left out. */
export async function generateLeads(generation: Generation): Promise<readonly Lead[]> {
  const { changes, random, northwind } = generation
  const plans = Array.from({ length: COUNT }, (_, index) => ({ owner: random.pick(northwind.employees).key, ...leadInput(generation, index) }))
  const ids = await createAll(
    changes,
    'lead',
    plans.map(({ owner, ...input }) => ({ ...input, owner: generation.users.ref(owner) })),
  )
  return plans.map(({ owner, name }, index) => ({ id: ids[index] as string, name, owner }))
}

function leadInput({ random, calendar }: Generation, index: number) {
  const [company, region] = random.pick(LEAD_COMPANIES)
  const chinese = region.startsWith('CN')
  const [source, sourceDetail] = random.pick(LEAD_SOURCES)
  const status = random.pick(STATUSES)
  return {
    name: personName(random, chinese),
    company,
    region,
    jobTitle: random.pick(chinese ? POSITIONS.chinese : POSITIONS.english),
    email: `lead${index + 1}@example.com`,
    industry: random.pick(INDUSTRIES),
    status,
    rating: random.pick(RATINGS),
    score: random.integer(5, 95),
    need: random.pick(LEAD_NEEDS),
    budget: { amount: String(random.integer(4, 120) * 500), currency: chinese ? 'CNY' : 'USD' },
    source,
    sourceDetail,
    nextContactAt: status === 'lost' || status === 'unqualified' ? null : calendar.at(random.integer(1, 20), random.integer(8 * 4, 17 * 4) * 15),
    lostReason: status === 'lost' ? 'No answer 无回应' : null,
    tags: random.chance(0.3) ? [chinese ? '重点' : 'key account'] : [],
  }
}

function personName(random: Random, chinese: boolean): string {
  if (chinese) return `${random.pick(CHINESE_FAMILY)}${random.pick(CHINESE_GIVEN)}`
  return `${random.pick(ENGLISH_GIVEN)} ${random.pick(ENGLISH_FAMILY)}`
}

/** What money in other currencies is worth in US dollars here: round figures for the demo, no quotation of any day. */
export async function generateRates({ changes }: Generation): Promise<void> {
  const rates = [
    ['CNY', '0.14'],
    ['EUR', '1.1'],
  ] as const
  await createAll(
    changes,
    'exchangeRate',
    rates.map(([currency, rate]) => ({ currency, rate, validFrom: '1996-01-01', ...SOURCE })),
  )
}
