import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CountryCode, getCountryCallingCode } from 'libphonenumber-js'
import { issuesOf } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { emailCases, phoneExamples } from '../support/test-data.ts'

const CREATE = 'mutation ($input: [CreateContactInput!]!) { createContacts(input: $input) { contacts { phone { raw e164 } mobile { raw e164 } email } } }'

describe('phone numbers and e-mail addresses', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })

  afterAll(() => server.close())

  test('245 phone numbers come back as typed, with their E.164 form', async () => {
    const numbers = Object.entries(phoneExamples()).map(([country, national]) => ({ code: getCountryCallingCode(country as CountryCode), national }))
    expect(numbers).toHaveLength(245)
    const input = numbers.map(({ code, national }, index) => ({
      name: `${index}`,
      phone: `+${code}${national}`,
      mobile: `+${code} ${national.replace(/(\d\d)(?=\d)/g, '$1-')}`,
    }))
    const { createContacts } = await server.admin.data(CREATE, { input })
    expect(createContacts.contacts).toEqual(
      input.map(({ phone, mobile }) => ({ phone: { raw: phone, e164: phone }, mobile: { raw: mobile, e164: phone }, email: null })),
    )
  })

  test('a digit too many or too few is refused, in its place', async () => {
    const examples = Object.entries(phoneExamples()).slice(0, 60)
    const input = examples.map(([country, national], index) => ({
      name: `${index}`,
      phone: `+${getCountryCallingCode(country as CountryCode)}${index % 2 ? national.slice(0, 3) : `${national}000000000`}`,
    }))
    const answer = await server.admin.send(CREATE, { input })
    expect(issuesOf(answer)).toEqual(input.map((_, index) => `input.${index}.phone: PHONE`))
  })

  test('164 e-mail addresses: what mail can be delivered to comes back unchanged, the rest is refused', async () => {
    const cases = emailCases()
    expect(cases).toHaveLength(164)
    const answer = await server.admin.send(CREATE, { input: cases.map(({ id, address }) => ({ name: `${id}`, email: address })) })
    const refused = new Set(answer.errors.flatMap(({ extensions }) => (extensions.issues as { path: (string | number)[] }[]).map(({ path }) => path[1])))
    expect(cases.filter((_, index) => refused.has(index)).map(({ id }) => id)).toEqual(cases.filter(({ deliverable }) => !deliverable).map(({ id }) => id))
    const accepted = cases.filter(({ deliverable }) => deliverable)
    const { createContacts } = await server.admin.data(CREATE, { input: accepted.map(({ id, address }) => ({ name: `${id}`, email: address })) })
    expect(createContacts.contacts.map(({ email }: { email: string }) => email)).toEqual(accepted.map(({ address }) => address))
  })
})
