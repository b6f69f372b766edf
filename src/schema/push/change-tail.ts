/** Changes that got their places, up to `upTo`, decimal text. */
export interface ChangeAdvance {
  readonly upTo: string
  /** Numbers of the modules that the changes since the last advance are of; null where they are not known. */
  readonly modules: ReadonlySet<number> | null
}

/** What tells this node of changes as they get their places: with the present place soon, and with each advance from then on, in order. */
export interface ChangeTail {
  /** Answers an unsubscribe function. */
  onAdvance(listener: (advance: ChangeAdvance) => void): () => void
}
