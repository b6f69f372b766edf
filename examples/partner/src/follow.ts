import { type DurableFile, durableFile } from './durable-file.js'
import { type GuanxiClient, OperationError } from './guanxi/client.js'
import { ChangesQueryDocument, ComplaintsQueryDocument, type CopiedRecordFragment, CursorQueryDocument, CustomersQueryDocument } from './guanxi/operations.js'
import { withRetries } from './retry.js'
import { settings } from './settings.js'

/** A copy of the records, and the cursor that it stands at. Both are one file, so that neither is ever ahead of the other; in a database they belong into one transaction. */
interface Copy {
  readonly cursor: string | null
  readonly records: Readonly<Record<string, CopiedRecordFragment>>
}

/** Where the feed cannot go on without a gap. */
const READ_ANEW: ReadonlySet<string> = new Set(['RESYNC', 'CURSOR_EXPIRED', 'CURSOR_INVALID'])

/** Brings the copy up to the present: by what has changed, or from nothing where that is not to be had. */
export async function follow(client: GuanxiClient): Promise<void> {
  const file: DurableFile<Copy> = durableFile(settings.state('copy.json'), { cursor: null, records: {} })
  for (let copy = file.read(); ; ) {
    const step = copy.cursor === null ? null : await nextPage(client, copy, copy.cursor)
    copy = step?.copy ?? (await readAnew(client))
    await file.write(copy)
    if (step && !step.hasNextPage) return
  }
}

/** The copy after a page of changes; null where everything must be read anew. */
async function nextPage(client: GuanxiClient, copy: Copy, after: string): Promise<{ copy: Copy; hasNextPage: boolean } | null> {
  try {
    // RESYNC is retryable by another cursor, not by the same.
    const { changes } = await withRetries(() => client.request(ChangesQueryDocument, { after }).catch(toReadAnew))
    const records = { ...copy.records }
    for (const { id, operation, record } of changes.nodes) {
      // A change may be told twice; the record is that of now, so that putting it in place twice is no harm.
      if (record && operation !== 'DELETED' && operation !== 'LEFT') records[id] = record
      else delete records[id]
    }
    return { copy: { cursor: changes.cursor, records }, hasNextPage: changes.hasNextPage }
  } catch (error) {
    if (!(error instanceof ReadAnew)) throw error
    console.error(`${error.message} Everything is read anew.`)
    return null
  }
}

class ReadAnew extends Error {}

function toReadAnew(error: unknown): never {
  if (error instanceof OperationError && READ_ANEW.has(error.code)) throw new ReadAnew(error.message)
  throw error
}

async function readAnew(client: GuanxiClient): Promise<Copy> {
  // Taken first: what changes while the pages are read comes after it.
  const { changeCursor: cursor } = await withRetries(() => client.request(CursorQueryDocument))
  const records: Record<string, CopiedRecordFragment> = {}
  await eachPage(async (after) => (await client.request(CustomersQueryDocument, { after })).accounts, records)
  await eachPage(async (after) => (await client.request(ComplaintsQueryDocument, { after })).tickets, records)
  return { cursor, records }
}

interface Page {
  readonly nodes: readonly CopiedRecordFragment[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

async function eachPage(read: (after: string | null) => Promise<Page>, records: Record<string, CopiedRecordFragment>): Promise<void> {
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo }: Page = await withRetries(() => read(after))
    for (const node of nodes) records[node.id] = node
    if (!pageInfo.hasNextPage) return
    after = pageInfo.endCursor
  }
}
