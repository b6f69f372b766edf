/** MONEY as record images hold it; `base` is the amount in the organisation's currency. */
export interface Money {
  readonly amount: string
  readonly currency: string
  readonly base?: string
}

/** A MONEY field of a record image. */
export function moneyOf(value: unknown): Money | null {
  return (value ?? null) as Money | null
}
