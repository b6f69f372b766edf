/**
 * A record, by API names of its fields: references as ids, lists of ids for REFERENCES, MONEY `{amount, currency}` with the amount as text, PHONE `{raw, e164}`, decimals as text, times in
 * RFC 3339. A field without a value is null; so is one that whoever the plugin works for may not read, and a reference to a record that they, or the plugin by its capabilities, may not
 * read: users too.
 */
export type PluginRecord = Readonly<Record<string, unknown>> & { readonly id: string }

/** Values to write, by field: as in a record, references as ids. Left out = unchanged, null = cleared. */
export type RecordValues = Readonly<Record<string, unknown>>

/** A filter as in the API: `{status: {eq: 'open'}, account: {industry: {in: ['retail']}}}`. */
export type RecordFilter = Readonly<Record<string, unknown>>

export interface FindOptions {
  readonly filter?: RecordFilter
  /** Own fields of the module, the first decides first; newest first unless given. */
  readonly orderBy?: readonly Readonly<Record<string, 'ASC' | 'DESC'>>[]
  /** At most so many; 50 unless given, at most 500. */
  readonly first?: number
  /** Fields to read; all that there are unless given. `id` always comes along. */
  readonly fields?: readonly string[]
}

export interface AggregateOptions {
  readonly filter?: RecordFilter
  /** Own fields of the module, references by their ids; all records are one group unless given. At most 1,000 groups. */
  readonly groupBy?: readonly string[]
  /** Numbers and money. */
  readonly sum?: readonly string[]
  readonly avg?: readonly string[]
  /** Numbers, money, dates and times. */
  readonly min?: readonly string[]
  readonly max?: readonly string[]
}

/** Records that have the values of `key` in common. Figures by field; null where no record has a value. Sums and averages are decimals as text, money is `{amount, currency}` in the organisation's currency. */
export interface RecordGroup {
  readonly key: Readonly<Record<string, unknown>>
  readonly count: number
  readonly sum: Readonly<Record<string, unknown>>
  readonly avg: Readonly<Record<string, unknown>>
  readonly min: Readonly<Record<string, unknown>>
  readonly max: Readonly<Record<string, unknown>>
}

/** Reads by the rights of whoever the plugin works for, and within its capabilities. */
export interface RecordReader {
  /** Null where there is none that may be read. */
  get(module: string, id: string, fields?: readonly string[]): Promise<PluginRecord | null>
  /** In the order of the ids; null for each that is not there or may not be read. One statement. */
  byIds(module: string, ids: readonly string[], fields?: readonly string[]): Promise<readonly (PluginRecord | null)[]>
  find(module: string, options?: FindOptions): Promise<readonly PluginRecord[]>
  count(module: string, filter?: RecordFilter): Promise<number>
  /** Counts and figures of groups, in one statement however many records there are. */
  aggregate(module: string, options?: AggregateOptions): Promise<readonly RecordGroup[]>
}

/** Writes by the rights of whoever the plugin works for, and within its capabilities. */
export interface RecordWriter {
  /** Answers the ids in the order of the values. At most 1,000. */
  create(module: string, records: readonly RecordValues[]): Promise<readonly string[]>
  update(module: string, updates: readonly { readonly id: string; readonly values: RecordValues; readonly ifVersion?: number }[]): Promise<void>
  delete(module: string, ids: readonly string[]): Promise<void>
  restore(module: string, ids: readonly string[]): Promise<void>
}

/** Reads and writes of one transaction and one change set. */
export interface RecordChanges extends RecordReader, RecordWriter {
  /**
   * Keeps others from changing these records until the transaction ends, and waits for those who change them: what is read afterwards shows what they have committed. Leaves out
   * what whoever the plugin works for does not read. At most 500.
   */
  lock(module: string, ids: readonly string[]): Promise<void>
}

/** Records outside of a transaction. */
export interface Records extends RecordReader {
  /** Runs `work` in one transaction: all that it writes stands or falls together. It runs again after a deadlock, so it must not keep anything from a lost run. */
  change<T>(work: (records: RecordChanges) => Promise<T>): Promise<T>
}
