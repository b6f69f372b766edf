/** One message to one address, before it has headers. */
export interface EmailMessage {
  /** With its angle brackets; the same in every attempt. */
  readonly messageId: string
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly date: Date
}

/** A way to send e-mail. */
export interface EmailDriver {
  /** Domain of the sender, which message ids end in. */
  readonly domain: string
  /** Resolves when the other side has taken the message, which it then has to deliver. Throws NotSent; whatever else is thrown counts as something that may pass. */
  send(message: EmailMessage, signal: AbortSignal): Promise<{ readonly providerId: string | null }>
}

/** The message was not taken. */
export class NotSent extends Error {
  /** It will never be taken as it is: trying again makes no sense. */
  readonly permanent: boolean

  constructor(message: string, permanent: boolean, options?: ErrorOptions) {
    super(message, options)
    this.permanent = permanent
  }
}
