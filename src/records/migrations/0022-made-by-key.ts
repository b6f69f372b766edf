import { SchemaMigration } from './migration.ts'

/** API keys remember the key that made them, with which they end. Binaries that do not know it make keys that end by themselves alone. */
export class MadeByKey0000000000022 extends SchemaMigration {
  readonly number = 22
  readonly name = 'MadeByKey0000000000022'
  readonly breaking = false
  protected readonly statements = [
    'ALTER TABLE public.api_key ADD COLUMN made_by_key uuid REFERENCES public.api_key (id) ON DELETE CASCADE',
    'CREATE INDEX api_key_made_by_key ON public.api_key (made_by_key) WHERE made_by_key IS NOT NULL',
  ]
}
