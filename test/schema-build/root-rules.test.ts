import { expect, test } from '@jest/globals'
import { requireAllowed } from '../../src/schema/execute/read-records.ts'
import type { Runtime } from '../../src/schema/operation.ts'

// Nobody forgets a rule unseen: a root field that no rule covers is refused to everybody.
test('a root field that says nothing of what it is, is allowed to nobody', () => {
  expect(() => requireAllowed(undefined, { principal: null, runtime: {} as Runtime })).toThrow('no descriptor')
})
