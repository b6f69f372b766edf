/** A way between nodes: carries short texts to everybody who listens at the moment, and to nobody later. */
export interface SignalLink {
  /** Resolves when the text is on its way; rejects, within a few seconds, where the way is broken. */
  send(text: string): Promise<void>
  /** Lets go of the connections; nothing is received any more. Never rejects, and waits for no server that does not answer. */
  close(): Promise<void>
}

export interface SignalLinkEvents {
  readonly onText: (text: string) => void
  /** Listening from now on: after the start, and again whenever the connection was lost and is there again. */
  readonly onListening: () => void
  /** The connection was lost, or could not be made. Told once, however long it takes to come back. */
  readonly onLost: (error: unknown) => void
}
