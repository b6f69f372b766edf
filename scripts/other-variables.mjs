/** Environment variables that are no settings of the server: `docs/configuration.md` lists them, and a test finds every one that is read. */
export const OTHER_VARIABLES = [
  { name: 'GUANXI_URL', used: 'guanxi sync, guanxi check', meaning: 'The server; http://127.0.0.1:4000 when not set. `codegen.yml` reads it, too.' },
  { name: 'GUANXI_TOKEN', used: 'guanxi sync, guanxi check', meaning: 'Access token or API key that the schema is read with.' },
  {
    name: 'TEST_DATABASE_URL',
    used: 'guanxi/testing, tests',
    meaning: 'PostgreSQL server to make databases of tests on; the embedded one when not set. Its role must be allowed to create databases.',
  },
  {
    name: 'GUANXI_TEST_CACHE',
    used: 'guanxi/testing',
    meaning: 'Folder that the embedded database of tests is kept in between runs; one below the folder for temporary files when not set.',
  },
  { name: 'TEST_REDIS_URL', used: 'tests', meaning: 'Redis that tests run on; none when not set.' },
  { name: 'TEST_REDIS_CLUSTER_URL', used: 'tests', meaning: 'Redis Cluster that tests run on; none when not set.' },
  { name: 'CI', used: 'tests', meaning: '`true` draws as many random cases as `.ci/run`, and lets a skipped test fail.' },
  { name: 'GUANXI_SEED', used: 'tests', meaning: 'Seed of what tests draw; a failing test prints its own.' },
  { name: 'GUANXI_PROVE', used: 'tests', meaning: '1 runs the long proofs in full; `npm run prove` sets it.' },
  { name: 'GUANXI_FEW_CASES', used: 'tests', meaning: '1 draws few random cases, whatever CI says.' },
  { name: 'GUANXI_DIFFERENTIAL_RUNS', used: 'tests', meaning: 'Operations that both execution paths answer; 20000 for `npm run prove`.' },
  { name: 'GUANXI_INTERFERENCE_RUNS', used: 'tests', meaning: 'Worlds that are drawn to see whether what is hidden shows.' },
  { name: 'GUANXI_WALK_POLICIES', used: 'tests', meaning: 'Policies that the walk of rights draws.' },
  { name: 'GUANXI_TEST_LOG', used: 'tests', meaning: 'Least level that servers of tests log.' },
  { name: 'GUANXI_TEST_RESULTS', used: 'tests', meaning: 'File that the counts of a run are written to; `.ci/run` adds them up.' },
  { name: 'CHROMIUM', used: 'npm run explorer:test', meaning: 'Path of the browser; looked for in PATH when not set.' },
  { name: 'BENCH_DATABASE_URL', used: 'benchmarks', meaning: 'PostgreSQL server to measure on; the embedded one when not set.' },
]
