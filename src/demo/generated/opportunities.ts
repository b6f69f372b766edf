import { createAll } from '../records.ts'
import { customerName, type Generation, type Made, pickDealing, SOURCE } from './generation.ts'
import { LOST_REASONS, NEEDS, NEXT_STEPS, OPPORTUNITY_TOPICS } from './phrases.ts'
import type { Stage } from './pipelines.ts'

const COUNT = 80
const CURRENCIES = ['USD', 'USD', 'USD', 'EUR', 'CNY'] as const

/** Opportunities of customers, a third of them with line items that add up to the amount. */
export async function generateOpportunities(generation: Generation, stages: readonly Stage[]): Promise<readonly Made[]> {
  const plans = Array.from({ length: COUNT }, () => plan(generation, stages))
  const ids = await createAll(
    generation.changes,
    'opportunity',
    plans.map(({ input }) => input),
  )
  const made = plans.map(({ customer, owner, title }, index) => ({ id: ids[index] as string, customer, owner, title }))
  await createAll(
    generation.changes,
    'opportunityLineItem',
    plans.flatMap(({ items }, index) => items.map((item) => ({ ...item, opportunity: { id: ids[index] }, ...SOURCE }))),
  )
  return made
}

function plan(generation: Generation, stages: readonly Stage[]) {
  const { random, calendar, users, companies } = generation
  const { customer, owner } = pickDealing(generation)
  const stage = random.pick(stages)
  const title = `${random.pick(OPPORTUNITY_TOPICS)} · ${customerName(generation, customer)}`
  const items = random.chance(0.34) ? lineItems(generation) : []
  const currency = items.length > 0 ? 'USD' : random.pick(CURRENCIES)
  const open = stage.category === 'open'
  const cents = items.reduce((sum, item) => sum + item.cents, 0)
  const input = {
    name: title,
    account: companies.accounts.ref(customer),
    contact: companies.contacts.ref(customer),
    pipeline: { id: stage.pipeline },
    stage: { id: stage.id },
    status: stage.category,
    amount: { amount: items.length > 0 ? centsText(cents) : String(random.integer(6, 240) * 250), currency },
    probability: stage.probability,
    forecastCategory: open ? random.pick(['pipeline', 'best_case', 'commit']) : 'omitted',
    expectedCloseDate: calendar.day(open ? random.integer(3, 120) : -random.integer(3, 90)),
    lostReason: stage.category === 'lost' ? random.pick(LOST_REASONS) : null,
    nextStep: open ? random.pick(NEXT_STEPS) : null,
    nextStepAt: open ? calendar.at(random.integer(1, 21), random.integer(8 * 4, 17 * 4) * 15) : null,
    needs: random.chance(0.5) ? random.pick(NEEDS) : null,
    score: open ? random.integer(10, 95) : null,
    tags: random.chance(0.2) ? [random.pick(['重点', 'key account', 'renewal'])] : [],
    owner: users.ref(owner),
    ...SOURCE,
  }
  return { customer, owner, title, input, items: items.map(({ cents: _cents, ...item }) => item) }
}

/** Whole quantities at list price, so that the sum is exact in cents. */
function lineItems({ random, northwind, products }: Generation) {
  return Array.from({ length: random.integer(1, 4) }, () => {
    const product = random.pick(northwind.products)
    const quantity = random.integer(2, 40) * 10
    return {
      product: products.ref(product.key),
      description: product.name,
      quantity: String(quantity),
      unitPrice: { amount: product.price, currency: 'USD' },
      cents: Math.round(Number(product.price) * 100) * quantity,
    }
  })
}

function centsText(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
}
