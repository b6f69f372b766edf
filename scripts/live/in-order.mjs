import { test } from 'node:test'

/** Tests of one page, each of which begins where the one before has left it: after one that fails the others are not tried. */
export function inOrder() {
  let failed = false
  return (title, work) =>
    test(title, async (context) => {
      if (failed) return context.skip('an earlier one has failed')
      try {
        await work(context)
      } catch (error) {
        failed = true
        throw error
      }
    })
}
