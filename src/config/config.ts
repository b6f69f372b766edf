export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** The environment, parsed once by `loadConfig` and frozen. Every setting is described in `settings.ts`. */
export interface Config {
  readonly production: boolean
  /** Address to listen on. */
  readonly host: string
  /** TCP port to listen on; 0 takes a free one. */
  readonly port: number
  /** PostgreSQL to use; undefined starts the embedded one under `dataDir`. */
  readonly databaseUrl: string | undefined
  /** Redis that carries signals between nodes; undefined: PostgreSQL does. */
  readonly redisUrl: string | undefined
  /** Absolute path. Holds the embedded cluster, generated secrets, and the first administrator's generated password. */
  readonly dataDir: string
  /** npm packages that hold plugins. */
  readonly plugins: readonly string[]
  /** Folders that hold plugins. */
  readonly pluginPaths: readonly string[]
  /** Private hosts that plugins may reach, as `host` or `host:port`. */
  readonly pluginPrivateHosts: readonly string[]
  readonly logLevel: LogLevel
  /** Database connections of this process. */
  readonly poolSize: number
  /** Statements and transactions that may wait for a connection; with more, new operations are refused. */
  readonly poolQueue: number
  /** Milliseconds by which the event loop may be late before operations are refused; 0 for no limit. */
  readonly overloadDelay: number
  /** Milliseconds that one statement of the database may take. */
  readonly statementTimeout: number
  readonly socketsPerUser: number
  readonly socketsPerAddress: number
  /** Requests in a minute, by user, by network address, and by the address of those who are not signed in; 0 for no limit. */
  readonly requestsPerUser: number
  readonly requestsPerAddress: number
  readonly requestsSignedOut: number
  /** What the operations of one user may cost in a minute; 0 for no limit. */
  readonly costPerUser: number
  /** What one operation may ask for. */
  readonly maxCost: number
  readonly maxDepth: number
  readonly maxAliases: number
  readonly maxRootFields: number
  /** Origins whose pages may call the API from a browser; `*` for all. */
  readonly corsOrigins: readonly string[]
  /** Milliseconds in which a request must have come, and for which an answer may stand still. */
  readonly requestTimeout: number
  /** Days for which a deleted custom field or module can be restored. */
  readonly metadataRetention: number
  /** What this process does. */
  readonly role: 'all' | 'api' | 'worker'
  /** Jobs that this process runs at the same time. */
  readonly jobConcurrency: number
  /** Mail server that messages are sent through; undefined: none are sent. Set with `mailFrom`. */
  readonly smtpUrl: string | undefined
  /** Sender of messages. */
  readonly mailFrom: { readonly name: string; readonly address: string } | undefined
  /** Address of the frontend, to which links in e-mail lead; undefined: their tokens stand alone. */
  readonly appUrl: string | undefined
  /** Milliseconds for which the mail server may be silent in each step. */
  readonly smtpTimeout: number
  /** Minutes after which a reminder that nothing fired is missed. */
  readonly reminderMissedAfter: number
  /** Days for which changes are kept for those who resume. */
  readonly changeRetention: number
  /** Hours for which answers of mutations with an Idempotency-Key are kept. */
  readonly idempotencyRetention: number
  /** Days for which deliveries that have ended stay in their log. */
  readonly deliveryRetention: number
  /** Days for which sessions that have ended, and tokens of links that can be used no more, are kept. */
  readonly sessionRetention: number
  /** Load the demo data into an empty database. */
  readonly demo: boolean
  /** Password of the demo users; undefined generates one. */
  readonly demoPassword: string | undefined
  /** Serve the explorer to browsers. */
  readonly explorer: boolean
  /** Whom the explorer lets sign in as a demo user without a password; nobody in production. */
  readonly demoSignIn: 'off' | 'loopback' | 'everybody'
  readonly adminEmail: string
  /** Password of the first administrator; undefined generates one. */
  readonly adminPassword: string | undefined
  /** The first signs and encrypts, all verify and decrypt. Empty: one is generated under `dataDir` (never in production). */
  readonly secrets: readonly string[]
  /** ISO 4217 code in which orders, filters and aggregates of money are counted; undefined keeps the database's. */
  readonly organisationCurrency: string | undefined
  /** Addresses and networks whose `X-Forwarded-For` is believed; empty believes none. */
  readonly trustedProxies: readonly string[]
  /** Milliseconds that requests in flight get to finish after SIGTERM. */
  readonly drainTimeout: number
}
