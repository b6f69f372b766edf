/** What may be asked for on records of a module. */
export type RecordAction = 'CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'RESTORE'

/**
 * What a plugin asks for. Whoever enables it agrees to all of it, and it never gets more: what is not named here is refused, whatever the rights of the user on whose behalf the
 * plugin works. Records of its own modules need no entry.
 */
export interface Capabilities {
  /** Actions on records of other modules, by module: `{account: ['READ', 'UPDATE']}`. Hooks, guards, transitions and computed fields of a module need READ on it. */
  readonly modules?: Readonly<Record<string, readonly RecordAction[]>>
  /** Sensitive fields that its service user needs, and `asSystem`, by `<module>.<field>`; others are hidden from them. */
  readonly fields?: Readonly<Record<string, 'READ' | 'WRITE'>>
  /** Modules whose changes it is told of. */
  readonly events?: readonly string[]
  /**
   * Hosts that it may reach, each by its name: `api.example.com` over TLS, `api.example.com:8443` on another port, `http://api.example.com` without TLS. A host of a private network is
   * reached only where whoever runs the server has opened it (`PLUGIN_PRIVATE_HOSTS`).
   */
  readonly network?: readonly string[]
  /** It puts jobs into the queue, or has a timetable. */
  readonly jobs?: boolean
  /** It may go beyond the rights of the user on whose behalf it works (`asSystem`), within the modules that are named here: on all of their records, and of sensitive fields to those of `fields` and its own. Each use is in the audit log. */
  readonly system?: boolean
  /** It answers HTTP requests below `/plugins/<name>`. */
  readonly routes?: boolean
}
