import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '../support/guanxi-process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Subscription, subscribe } from '../support/subscription.ts'
import { socketOf } from './speaking.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server.close())

test('subscribers of one document are told the same events, and what is kept from them in the language of each', async () => {
  const { client } = await server.addUser('Listener', 'read_only')
  const { changeCursor } = await client.data('{ changeCursor }')
  const sockets = ['en', 'zh-CN', undefined, 'zh'].map((header) => socketOf({ url: server.url, token: client.token, ...(header && { header }) }))
  const query = 'subscription ($after: String) { accountChanged(after: $after) { operation account { name taxNumber } } }'
  const subscriptions: Subscription[] = sockets.map((socket) => subscribe({ socket: () => socket }, query, { after: changeCursor }))
  try {
    for (const name of ['First', 'Second'])
      await server.admin.data('mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }', { name })
    const told = await Promise.all(subscriptions.map((subscription) => subscription.until(2)))
    const [english, chinese, plain, other] = told.map((events) => events.map(({ data, errors }) => [data.accountChanged.account.name, errors[0]?.message]))
    expect(english).toEqual(['First', 'Second'].map((name) => [name, 'Your roles do not show Account.taxNumber.']))
    expect(chinese).toEqual(['First', 'Second'].map((name) => [name, '您的角色无权查看 Account.taxNumber。']))
    expect([plain, other]).toEqual([english, chinese])
  } finally {
    for (const subscription of subscriptions) subscription.close()
    for (const socket of sockets) await socket.dispose()
  }
})

test('what ends a subscription, or refuses one, is told in the language', async () => {
  const { client } = await server.addUser('Leaver', 'read_only')
  const speak = socketOf({ url: server.url, token: client.token, header: 'zh' })
  const refused = subscribe({ socket: () => speak }, 'subscription { accountChanged(after: "nonsense") { operation } }')
  await eventually(async () => refused.ended)
  expect(refused.told[0]?.errors[0]).toMatchObject({
    message: '这不是此系统的更改游标。请从 changeCursor 取得。',
    extensions: { code: 'CURSOR_INVALID' },
  })
  await speak.dispose()
})
