import { Column } from 'typeorm'

/** A MONEY field's columns. Amounts are decimal text; `base` is the amount in the organisation's currency at the rate of the write. */
export class MoneyColumns {
  @Column({ type: 'numeric', precision: 19, scale: 4, nullable: true })
  amount!: string | null

  /** ISO 4217. */
  @Column({ type: 'text', nullable: true })
  currency!: string | null

  @Column({ type: 'numeric', precision: 19, scale: 4, nullable: true })
  base!: string | null
}

/** A MONEY field that PostgreSQL computes from other columns of the row. */
export class GeneratedMoneyColumns {
  @Column({ type: 'numeric', precision: 19, scale: 4, nullable: true, insert: false, update: false })
  amount!: string | null

  @Column({ type: 'text', nullable: true, insert: false, update: false })
  currency!: string | null

  @Column({ type: 'numeric', precision: 19, scale: 4, nullable: true, insert: false, update: false })
  base!: string | null
}

/** A PHONE field's columns: as typed, and E.164 where the number could be parsed. */
export class PhoneColumns {
  @Column({ type: 'text', nullable: true })
  raw!: string | null

  @Column({ type: 'text', nullable: true })
  e164!: string | null
}
