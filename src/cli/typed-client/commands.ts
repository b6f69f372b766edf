import { type Command, Option } from 'commander'
import type { CheckOptions } from './check.ts'
import type { SyncOptions } from './sync.ts'

/** `guanxi sync` and `guanxi check`, for authors of front ends and integrations. */
export function addTypedClientCommands(program: Command): void {
  const asking = (command: Command): Command =>
    command
      .option('--url <url>', 'the server; GUANXI_URL, or http://127.0.0.1:4000, unless given')
      .option('--token <token>', 'access token or API key; GUANXI_TOKEN unless given')
      .option('--role <key>', 'see the schema as this role alone does, which administrators may; as the owner of the token unless given')
  asking(
    program
      .command('sync [documents...]')
      .description(
        'write schema, TypeScript types, the operations of the documents and a typed client into a folder; documents are found by globs, everywhere unless given',
      ),
  )
    .addOption(new Option('--out <folder>', 'where to write').default('guanxi'))
    .option('--watch', 'write anew whenever schema or documents have changed')
    .action(async (documents: string[], options: SyncOptions) => (await import('./sync.ts')).syncCommand(process.env, process.cwd(), documents, options))
  asking(
    program
      .command('check [documents...]')
      .description(
        'name file, line and reason where documents use what is gone, deprecated or hidden; exit code 1 where they do, 2 where they could not be compared',
      ),
  )
    .option('--json', 'for programs')
    .option('--allow-deprecated', 'tell what is deprecated, and fail by the rest alone')
    .action(async (documents: string[], options: CheckOptions) => {
      process.exitCode = await (await import('./check.ts')).checkCommand(process.env, process.cwd(), documents, options)
    })
}
