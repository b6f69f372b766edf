import { expect, test } from '@jest/globals'
import { exercise } from '../exercise.js'

test('the test kit under jest', () => exercise('../plugin', (actual, expected) => expect(actual).toEqual(expected)))
