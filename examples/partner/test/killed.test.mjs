import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { adminPassword, SERVER } from '../../../scripts/live/running-server.mjs'
import { ADMIN, ask, signIn } from '../../../scripts/live/server.mjs'
import { makeErp, prepare, startWitness } from './world.mjs'

let world
let admin
before(async () => {
  world = prepare()
  admin = await signIn(SERVER, ADMIN.email, adminPassword())
})
after(() => world?.remove())

const FILES = {
  customers: Array.from({ length: 90 }, (_, index) => ({
    key: `C-${String(index).padStart(2, '0')}`,
    name: `Customer ${index} 客户`,
    city: 'Hamburg',
    ...(index === 47 && { website: 'not an address' }),
  })),
  complaints: Array.from({ length: 50 }, (_, index) => ({
    customer: index === 33 ? 'nobody' : `C-${String(index).padStart(2, '0')}`,
    subject: `Complaint ${index}`,
    text: 'Wet.',
  })),
}
/** Names of ERPs that no earlier run has used on this server. */
const RUN = Date.now()
const FATAL_READS = new Set([1, 3, 7])
const REFUSED = { customers: [47], complaints: [33, 47] }

/** All records of a module that there are. */
async function all(list, fields) {
  const found = []
  for (let after = null, goesOn = true; goesOn; ) {
    const query = `query ($after: String) { ${list}(first: 500, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`
    const { nodes, pageInfo } = (await ask(SERVER, query, admin, { after }))[list]
    found.push(...nodes)
    after = pageInfo.endCursor
    goesOn = pageInfo.hasNextPage
  }
  return found
}

/** All that the server holds of one ERP: customers with their version and their complaints, in the order of their keys. */
async function heldOf(system) {
  const accounts = await all('accounts', 'id version name externalIds { system key } tickets { nodes { id subject } }')
  const keyOf = ({ externalIds }) => externalIds.find((each) => each.system === system)?.key
  return accounts.filter(keyOf).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}

const withoutIds = (held) => held.map(({ version, name, tickets }) => ({ version, name, tickets: tickets.nodes.map(({ subject }) => subject).sort() }))

/** The copy of an ERP must hold exactly what the server shows. */
async function assertCopy(erp) {
  const records = [...(await all('accounts', 'id version')), ...(await all('tickets', 'id version'))]
  const shown = records.map(({ id, version }) => `${id} ${version}`).sort()
  const copied = Object.values(erp.state('copy.json').records).map(({ id, version }) => `${id} ${version}`)
  assert.deepEqual(copied.sort(), shown)
}

test('killed after each thing that the server has done, before it hears of it: the same records as without', { timeout: 240_000 }, async (context) => {
  const calm = makeErp(world, `calm${RUN}`, FILES)
  const { code, printed } = await calm.run().ended
  assert.equal(code, 0, printed)
  const expected = withoutIds(await heldOf(`calm${RUN}`))
  assert.equal(expected.length, 89)
  assert.equal(expected.flatMap(({ tickets }) => tickets).length, 48)
  for (const [file, lines] of Object.entries(REFUSED)) {
    assert.deepEqual(
      calm.state(`${file}.json`).refused.map(({ line }) => line),
      lines,
    )
  }

  const harried = makeErp(world, `harried${RUN}`, FILES)
  const seen = new Set()
  let run
  // Each mutation is done once with its key, and the program dies before it hears of it; so it does at some pages of what it reads.
  let reads = 0
  const witness = await startWitness(({ key }) => {
    if (key === undefined) reads += 1
    const isNew = key === undefined ? FATAL_READS.has(reads) : !seen.has(key)
    if (key !== undefined) seen.add(key)
    if (isNew) run.kill()
    return !isNew
  })
  context.after(witness.close)
  let kills = 0
  for (let ended = {}; ended.code !== 0; ) {
    assert.ok(kills < 40, 'it comes to no end')
    run = harried.run(witness.url)
    ended = await run.ended
    if (ended.signal === 'SIGKILL') kills += 1
    else assert.equal(ended.code, 0, ended.printed)
  }
  assert.deepEqual(withoutIds(await heldOf(`harried${RUN}`)), expected)
  for (const [file, lines] of Object.entries(REFUSED)) {
    assert.deepEqual(
      harried.state(`${file}.json`).refused.map(({ line }) => line),
      lines,
    )
  }
  // Five batches and three, three of them sent anew without what was refused.
  assert.equal(seen.size, 11)
  assert.ok(kills === seen.size + FATAL_READS.size, `${kills} kills`)
  await assertCopy(harried)

  await calm.run().ended
  await assertCopy(calm)
})

test('follows changes of others, and reads everything anew where the feed has a gap', { timeout: 120_000 }, async () => {
  const erp = makeErp(world, `follower${RUN}`, { customers: FILES.customers.slice(0, 3), complaints: [] })
  const run = async () => {
    const { code, printed } = await erp.run().ended
    assert.equal(code, 0, printed)
    return printed
  }
  await run()
  const [first, second] = await heldOf(`follower${RUN}`)
  await ask(SERVER, 'mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Renamed" }) { changeSetId } }', admin, { id: first.id })
  await ask(SERVER, 'mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', admin, { id: second.id })
  assert.doesNotMatch(await run(), /read anew/)
  const { records } = erp.state('copy.json')
  assert.deepEqual([records[first.id].displayName, records[second.id]], ['Renamed', undefined])

  // What the key may read becomes another: RESYNC.
  const grants = (where) => [
    { module: 'account', actions: ['CREATE', 'READ', 'UPDATE', 'RESTORE', 'BULK'], scope: 'ALL', ...(where && { where }) },
    { module: 'ticket', actions: ['CREATE', 'READ', 'BULK'], scope: 'ALL' },
  ]
  const change = (where) =>
    ask(SERVER, 'mutation ($input: UpdateRoleInput!) { updateRole(key: "erp_integration", input: $input) { role { key } } }', admin, {
      input: { grants: grants(where) },
    })
  await change({ name: { ne: 'Renamed' } })
  assert.match(await run(), /read anew/)
  assert.equal(erp.state('copy.json').records[first.id], undefined)
  await change()
  assert.match(await run(), /read anew/)
  await assertCopy(erp)

  // A cursor of another server.
  erp.setState('copy.json', { ...erp.state('copy.json'), cursor: 'nonsense', records: {} })
  assert.match(await run(), /read anew/)
  await assertCopy(erp)
})
