/**
 * Quantity, price, discount and the total that PostgreSQL computes from them: each line is rounded to cents before lines
 * are added. The base amount is the rounded total at the price's rate, so that both are equal in the organisation's currency.
 */
export const LINE_TOTAL_COLUMNS: readonly string[] = [
  'quantity numeric NOT NULL',
  'unit_price_amount numeric(19,4) NOT NULL',
  'unit_price_currency text NOT NULL',
  'unit_price_base numeric(19,4)',
  'discount numeric NOT NULL',
  'total_amount numeric(19,4) GENERATED ALWAYS AS (round(unit_price_amount * quantity * (1 - discount), 2)) STORED',
  'total_currency text GENERATED ALWAYS AS (unit_price_currency) STORED',
  `total_base numeric(19,4) GENERATED ALWAYS AS (
    CASE WHEN unit_price_amount = 0 THEN 0 ELSE round(round(unit_price_amount * quantity * (1 - discount), 2) * unit_price_base / unit_price_amount, 4) END
  ) STORED`,
]
