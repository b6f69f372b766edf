/** What a request may be at most. Every refusal names the limit that it hit. */
export const LIMITS = Object.freeze({
  /** Bytes of an HTTP body. */
  body: 8 * 1024 * 1024,
  /** Characters of a GraphQL document. */
  document: 256 * 1024,
  /** Tokens of a GraphQL document; large inputs belong into variables. */
  tokens: 2000,
  /** Bytes of one message from a WebSocket client. */
  socketMessage: 128 * 1024,
  /** Operations that one socket has under way. */
  socketOperations: 100,
  /** Subscriptions that one socket has open. */
  socketSubscriptions: 50,
  /** Messages of one socket: at once, and a second in the long run. */
  socketMessages: { burst: 1_000, perSecond: 200 },
  /** Bytes that wait for the other side of a socket while it is still read. */
  socketBacklog: 1024 * 1024,
  /** Milliseconds in which the headers of a request must have come, where the whole of it may take longer. */
  headers: 10_000,
  /** Milliseconds for which a request waits for the schema version that it asks for. */
  schemaVersion: 2_500,
})
