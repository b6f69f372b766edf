import { deepStrictEqual } from 'node:assert/strict'
import test from 'node:test'
import { exercise } from '../exercise.js'

test('the test kit under node:test', () => exercise('../plugin', deepStrictEqual))
