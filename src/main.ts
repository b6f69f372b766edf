import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addPluginCommands } from './cli/plugin/commands.ts'
import { addTypedClientCommands } from './cli/typed-client/commands.ts'
import { GuanxiError, StartupError } from './errors/index.ts'

/**
 * The command line. Each command imports what it needs when it runs. What a person can mend is one line on standard error
 * and exit code 1; a defect of ours is a stack and exit code 70.
 */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv])
  } catch (error) {
    if (error instanceof StartupError || error instanceof GuanxiError) {
      process.stderr.write(`guanxi: ${error.message.replaceAll('\n', ' ')}\n`)
      process.exitCode = 1
      return
    }
    process.stderr.write(`guanxi: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 70
  }
}

/** Every command with its options; the reference of commands is generated from it. */
export function createProgram(): Command {
  const program = new Command('guanxi')
  program.description('Headless CRM: a typed GraphQL API on PostgreSQL. Settings come from the environment.').version(packageVersion())
  program
    .command('start')
    .description('start the server, with an embedded PostgreSQL unless DATABASE_URL is set')
    .action(async () => {
      const { start } = await import('./cli/start.ts')
      // Timers and idle connections of libraries must not keep a drained process.
      process.exit(await start(process.env, process.cwd(), packageVersion()))
    })
  program
    .command('migrate')
    .description('bring the database up to this version')
    .action(async () => (await import('./cli/migrate.ts')).migrateCommand(process.env, process.cwd()))
  program
    .command('seed')
    .description('make roles, first administrator and demo data where they are missing')
    .action(async () => (await import('./cli/seed.ts')).seedCommand(process.env, process.cwd()))
  program
    .command('doctor')
    .description('examine everything that a start needs')
    .action(async () => {
      const { examine, findingLine } = await import('./start/doctor/index.ts')
      const findings = await examine(process.env, process.cwd())
      process.stdout.write(findings.map((finding) => `${findingLine(finding)}\n`).join(''))
      process.exitCode = findings.some((finding) => finding.level === 'fail') ? 1 : 0
    })
  program
    .command('audit')
    .description('the audit log')
    .command('verify')
    .description('compare the audit log with its chain of digests and its signed checkpoints; exit code 1 where something does not fit')
    .action(async () => {
      process.exitCode = await (await import('./cli/audit.ts')).verifyAuditCommand(process.env, process.cwd())
    })
  addJobCommands(program)
  addPluginCommands(program)
  addTypedClientCommands(program)
  const user = program.command('user').description('people who can sign in')
  user
    .command('create <email>')
    .description('make a user; prints a generated password unless --password is given')
    .option('--name <name>', 'name', 'New user')
    .option('--role <key...>', 'roles by key', ['read_only'])
    .option('--password <password>', 'password')
    .action(async (email: string, options: { name: string; role: string[]; password?: string }) =>
      (await import('./cli/user.ts')).createUserCommand(process.env, process.cwd(), {
        email,
        name: options.name,
        roles: options.role,
        password: options.password,
      }),
    )
  user
    .command('reset-password <email>')
    .description('set a new password and end all sessions; prints a generated one unless --password is given')
    .option('--password <password>', 'password')
    .action(async (email: string, options: { password?: string }) =>
      (await import('./cli/user.ts')).resetPasswordCommand(process.env, process.cwd(), { email, password: options.password }),
    )
  user
    .command('end-sessions <email>')
    .description('end all sessions, with their tokens and sockets')
    .action(async (email: string) => (await import('./cli/user.ts')).endSessionsCommand(process.env, process.cwd(), email))
  user
    .command('unlock <email>')
    .description('forget failed sign-ins, which lock an account for a quarter of an hour at most')
    .action(async (email: string) => (await import('./cli/user.ts')).unlockCommand(process.env, process.cwd(), email))
  return program
}

function addJobCommands(program: Command): void {
  const jobs = program.command('jobs').description('jobs of the queue that failed for good')
  const ofKind = ['--kind <kind>', 'of this kind alone, e.g. reminders.record'] as const
  jobs
    .command('list')
    .description('a line for each: id, kind, when it failed, attempts, what it was given, why')
    .option(...ofKind)
    .action(async (options: { kind?: string }) => (await import('./cli/jobs.ts')).listJobsCommand(process.env, process.cwd(), options))
  jobs
    .command('retry [id...]')
    .description('begin these anew, as often as they might be begun at first')
    .option('--all', 'all of them')
    .option(...ofKind)
    .action(async (ids: string[], options: { all?: boolean; kind?: string }) =>
      (await import('./cli/jobs.ts')).retryJobsCommand(process.env, process.cwd(), ids, options),
    )
  jobs
    .command('drop [id...]')
    .description('take these out of the queue: what they were to do is never done')
    .option('--all', 'all of them')
    .option(...ofKind)
    .action(async (ids: string[], options: { all?: boolean; kind?: string }) =>
      (await import('./cli/jobs.ts')).dropJobsCommand(process.env, process.cwd(), ids, options),
    )
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
