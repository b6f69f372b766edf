import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * One numbered step of the schema: hand-written SQL, never edited once released. Each notes itself in `schema_version`,
 * so that a binary which is too old for a breaking step refuses to start.
 */
export abstract class SchemaMigration implements MigrationInterface {
  /** Position in the order, from 1. */
  abstract readonly number: number
  /** Binaries that do not know this step cannot work on a schema that has it. */
  abstract readonly breaking: boolean
  /** TypeORM orders migrations by the 13 digits at the end. */
  abstract readonly name: string
  protected abstract readonly statements: readonly string[]

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL statement_timeout = 0')
    for (const statement of this.statements) await runner.query(statement)
    await runner.query('INSERT INTO public.schema_version (number, name, breaking, applied_at) VALUES ($1, $2, $3, now())', [
      this.number,
      this.name,
      this.breaking,
    ])
  }

  /** There is no way back by SQL: a step that went wrong is answered by the next one, or by the backup. */
  async down(): Promise<void> {
    throw new Error(`${this.name} cannot be reverted; restore a backup`)
  }
}
