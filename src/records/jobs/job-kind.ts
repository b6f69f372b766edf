import type { z } from 'zod'

/** A kind of job: what it is called in the queue, and what it is given. Whoever asks for one and whoever runs it share this. */
export interface JobKind<Payload> {
  /** Permanent: jobs of that name may wait in the queue while the program is replaced. */
  readonly name: string
  readonly payload: z.ZodType<Payload>
}
