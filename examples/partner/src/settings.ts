import { join } from 'node:path'

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: \`npm run key\` makes an API key and writes .env.`)
  return value
}

const folder = process.env.STATE_FOLDER ?? 'state'
const erp = process.env.ERP_FOLDER ?? 'erp'

/** The environment, read once. */
export const settings = {
  url: `${process.env.GUANXI_URL ?? 'http://127.0.0.1:4000'}/graphql`,
  token: required('GUANXI_TOKEN'),
  /** The name of this ERP in the external ids of records. */
  system: process.env.ERP_SYSTEM ?? 'erp',
  customers: join(erp, 'customers.jsonl'),
  complaints: join(erp, 'complaints.jsonl'),
  /** What is remembered from run to run. */
  state: (name: string): string => join(folder, name),
  /** Records in one call; the server takes 1,000. */
  batch: Number(process.env.BATCH ?? 100),
  /** Milliseconds between two looks at the ERP and at the feed. */
  interval: Number(process.env.INTERVAL ?? 5_000),
  /** Ends when everything has been sent and read. */
  once: process.argv.includes('--once'),
} as const
