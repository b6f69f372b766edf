/** Tells Guanxi what the ERP has, and the ERP what Guanxi has, again and again. It may be stopped and killed at any moment; the next start goes on. `--once` ends when there is nothing left. */
import { setTimeout as delay } from 'node:timers/promises'
import { follow } from './follow.js'
import { createGuanxiClient } from './guanxi/client.js'
import { paced } from './paced.js'
import { sendComplaints, sendCustomers } from './send.js'
import { settings } from './settings.js'

const client = createGuanxiClient({ url: settings.url, token: settings.token, fetch: paced() })
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

while (!stopping.signal.aborted) {
  await sendCustomers(client)
  await sendComplaints(client)
  await follow(client)
  console.log(`${new Date().toISOString()} up to date`)
  if (settings.once) break
  await delay(settings.interval, undefined, { signal: stopping.signal }).catch(() => {})
}
await client.close()
