import { writeFileSync, writeSync } from 'node:fs'

/**
 * Prints `N passed, N failed` as the last line (with `, N skipped` where tests were left out) and, where GUANXI_TEST_RESULTS
 * names a file, writes `{passed, failed, skipped}` there as JSON. A test file that could not run at all counts as one failure.
 * With CI set, a skipped or todo test fails the run.
 */
export default class SummaryReporter {
  #failure

  /** Counts out of jest's aggregated result. */
  static count(result) {
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    }
  }

  static line({ passed, failed, skipped }) {
    return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  }

  onRunComplete(_contexts, result) {
    const counts = SummaryReporter.count(result)
    if (counts.skipped > 0 && process.env.CI) this.#failure = new Error(`${counts.skipped} tests were skipped, which fails a run in CI`)
    if (process.env.GUANXI_TEST_RESULTS) writeFileSync(process.env.GUANXI_TEST_RESULTS, JSON.stringify(counts))
    if (this.#failure) process.stderr.write(`${this.#failure.message}\n`)
    // jest's own summary comes after this call, so ours waits for the very end.
    process.once('exit', () => writeSync(1, `${SummaryReporter.line(counts)}\n`))
  }

  /** jest fails the run when a reporter answers an error here. */
  getLastError() {
    return this.#failure
  }
}
