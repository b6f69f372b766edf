import type { Command } from 'commander'
import type { CheckOptions } from './check.ts'
import type { DevOptions } from './dev.ts'
import type { NewPluginOptions } from './new.ts'

/** `guanxi plugin …`, for authors of plugins. */
export function addPluginCommands(program: Command): void {
  const plugin = program.command('plugin').description('for authors of plugins')
  plugin
    .command('new [name]')
    .description('make a package with a plugin that compiles, lints and passes its own tests; asks for what is not given')
    .option('--description <text>', 'what it is for')
    .option('--module <name>', 'name of its first module; begins with the name of the plugin, without hyphens')
    .option('--plural <name>', 'that name in the plural')
    .option('--directory <path>', 'where to make it; a folder named like the plugin unless given')
    .option('--guanxi <path>', 'folder of a checkout, or a packed file, to depend on in the place of the published version')
    .option('-y, --yes', 'ask nothing')
    .action(async (name: string | undefined, options: NewPluginOptions) => (await import('./new.ts')).newPluginCommand(process.cwd(), name, options))
  plugin
    .command('dev [folder]')
    .description('serve with the plugin of a folder, and begin anew whenever its source changes')
    .option('--no-build', 'do not run the TypeScript compiler')
    .action(async (folder: string | undefined, options: DevOptions) => {
      process.exitCode = await (await import('./dev.ts')).devCommand(process.env, process.cwd(), folder, options)
    })
  plugin
    .command('check [folder]')
    .description(
      'examine manifest, rights and schema of the plugin of a folder, and name what breaks clients of an earlier version; exit code 1 where something is wrong',
    )
    .option('--against <version>', 'earlier version: of the registry, a packed file or a folder; the latest published one unless given, `none` for none')
    .action(async (folder: string | undefined, options: CheckOptions) => {
      process.exitCode = await (await import('./check.ts')).checkCommand(process.cwd(), folder, options)
    })
}
