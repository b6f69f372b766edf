/**
 * Who of several operations of one socket and id is meant. A client that completes one which has not begun yet may give its id to another one at once; the library knows ids alone, and would take what
 * comes of the first for the second's.
 */
export class SocketIds<Socket extends object> {
  readonly #latest = new WeakMap<Socket, Map<string, symbol>>()

  /** An operation is asked for by this id; answers what to `settle` it by. */
  take(socket: Socket, id: string): symbol {
    const ids = this.#latest.get(socket) ?? new Map<string, symbol>()
    this.#latest.set(socket, ids)
    const turn = Symbol(id)
    ids.set(id, turn)
    return turn
  }

  /** What is asked for by this id now is another operation. */
  isReplaced(socket: Socket, turn: symbol): boolean {
    return this.#latest.get(socket)?.get(turn.description ?? '') !== turn
  }

  /** The operation has begun, or ended: from now on the library knows it. */
  settle(socket: Socket, turn: symbol): void {
    if (!this.isReplaced(socket, turn)) this.#latest.get(socket)?.delete(turn.description ?? '')
  }
}
