import { tmpdir } from 'node:os'

/** What a database begins with. `migrated`: the whole schema and its seed; `demo`: the administrator and the demo data as well. */
export type TemplateKind = 'migrated' | 'demo'

type Environment = Readonly<Record<string, string>>

/** Fills an empty database. What the program imports is loaded for this alone: most starts find a template that was made before. */
export async function makeTemplate(kind: TemplateKind, url: string, environment: Environment): Promise<void> {
  if (kind === 'migrated') await makeMigrated(url)
  else await makeDemo(url, environment)
}

async function makeMigrated(url: string): Promise<void> {
  const { createDataSource } = await import('../../records/data-source.ts')
  const { migrate } = await import('../../records/migrations/migrate.ts')
  const dataSource = await createDataSource({ url, max: 2, applicationName: 'guanxi-test-template' }).initialize()
  try {
    await migrate(dataSource)
  } finally {
    await dataSource.destroy()
  }
}

async function makeDemo(url: string, environment: Environment): Promise<void> {
  const { createKernel } = await import('../../composition/kernel.ts')
  const { seed } = await import('../../cli/seeding.ts')
  const { loadConfig } = await import('../../config/index.ts')
  const config = loadConfig(environment, tmpdir())
  const kernel = await createKernel(config, { databaseUrl: url, secrets: [] })
  try {
    await seed(kernel, config)
  } finally {
    await kernel.close()
  }
}
