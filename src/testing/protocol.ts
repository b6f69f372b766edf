/**
 * What a test process and the process of its server say to each other, over Node's own channel between parent and child. Values are structured clones.
 */

/** A plugin to be there from the beginning. */
export interface WantedPlugin {
  /** Absolute path of its folder, or the name of a package or of a plugin that comes with the product. */
  readonly source: string
  readonly settings?: Readonly<Record<string, unknown>>
  /** False: it is found, and not enabled. */
  readonly enable: boolean
}

export interface StartRequest {
  readonly plugins: readonly WantedPlugin[]
  readonly template: 'migrated' | 'demo'
  /** Milliseconds since 1970 at which the clock stands; the moment of the start unless given. */
  readonly clock: number | null
  /** Settings by their environment variable. */
  readonly environment: Readonly<Record<string, string>>
  /** Folder that packages are looked for from. */
  readonly directory: string
}

export interface StartedServer {
  readonly url: string
  readonly databaseUrl: string
  readonly now: number
  readonly admin: TestUser
}

/** A user who can sign in, with a key that acts for him. */
export interface TestUser {
  readonly id: string
  readonly email: string
  readonly token: string
}

/** A statement as the server ran it. */
export interface ObservedStatement {
  readonly text: string
  /** `record`: records of modules; `platform`: identity, rights, metadata. */
  readonly purpose: string
}

/** A message that the server would have sent. */
export interface CapturedEmail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly messageId: string
  /** RFC 3339. */
  readonly date: string
}

/** A line of the server's log, warnings and what plugins log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly plugin?: string
  readonly [member: string]: unknown
}

/** What the process of the server does when it is asked. */
export interface HostCalls {
  start(request: StartRequest): Promise<StartedServer>
  addUser(name: string, email: string, roles: readonly string[]): Promise<TestUser>
  /** Puts the clock forward, and does all that is due then. */
  setClock(milliseconds: number, patience: number): Promise<void>
  /** Waits until nothing is left to do. */
  settle(patience: number): Promise<void>
  beginStatements(): Promise<void>
  endStatements(): Promise<readonly ObservedStatement[]>
  emails(): Promise<readonly CapturedEmail[]>
  logs(): Promise<readonly LogLine[]>
  stop(): Promise<void>
}

/** A request of a plugin to a host, which the test answers. */
export interface HostRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

export interface HostAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What the test process does when the server asks. */
export interface TestCalls {
  /** Rejects for a host that the test has not stubbed. */
  request(request: HostRequest): Promise<HostAnswer>
}

export type Message =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly values: readonly unknown[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string; readonly stack: string | undefined }
