import { createAll } from '../records.ts'
import { type Generation, SOURCE } from './generation.ts'

export interface Stage {
  readonly id: string
  readonly pipeline: string
  readonly category: 'open' | 'won' | 'lost'
  readonly probability: string
}

type StagePlan = readonly [name: string, category: Stage['category'], probability: string]

const PIPELINES: readonly { readonly name: string; readonly description: string; readonly stages: readonly StagePlan[] }[] = [
  {
    name: 'New business',
    description: 'Direct sales to shops, restaurants and hotels',
    stages: [
      ['Qualification', 'open', '0.1'],
      ['Needs analysis', 'open', '0.25'],
      ['Proposal', 'open', '0.5'],
      ['Negotiation', 'open', '0.75'],
      ['Won', 'won', '1'],
      ['Lost', 'lost', '0'],
    ],
  },
  {
    name: '渠道合作',
    description: '经销商与连锁渠道',
    stages: [
      ['初步接触', 'open', '0.1'],
      ['方案报价', 'open', '0.4'],
      ['合同谈判', 'open', '0.7'],
      ['签约', 'won', '1'],
      ['未成交', 'lost', '0'],
    ],
  },
]

/** Makes the pipelines with their stages; answers the stages. */
export async function generatePipelines({ changes }: Generation): Promise<readonly Stage[]> {
  const pipelines = await createAll(
    changes,
    'pipeline',
    PIPELINES.map(({ name, description }, position) => ({ name, description, position, ...SOURCE })),
  )
  const plans = PIPELINES.flatMap(({ stages }, index) =>
    stages.map(([name, category, probability], position) => ({ name, category, probability, position, pipeline: pipelines[index] as string })),
  )
  const ids = await createAll(
    changes,
    'stage',
    plans.map(({ pipeline, ...stage }) => ({ ...stage, pipeline: { id: pipeline }, ...SOURCE })),
  )
  return plans.map(({ pipeline, category, probability }, index) => ({ id: ids[index] as string, pipeline, category, probability }))
}
