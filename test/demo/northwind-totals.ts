import { readFileSync } from 'node:fs'

/**
 * Order totals straight from the source file: a second reader that shares no code with the loader and calculates in whole
 * numbers. A line is round(price × quantity × (1 − discount), 2), half away from zero; an order is the sum of its lines.
 */
export function northwindOrderTotals(file: URL): Map<string, string> {
  const cents = new Map<string, bigint>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.startsWith('INSERT INTO order_details VALUES (')) continue
    const [order = '', , price = '', quantity = '', discount = ''] = line.slice(line.indexOf('(') + 1, line.lastIndexOf(')')).split(', ')
    // Ten-thousandths; no price or discount of the source has more than two digits behind the point, so this drops only the float's tail.
    const exact = tenThousandths(price) * BigInt(quantity) * (10_000n - tenThousandths(discount))
    cents.set(order, (cents.get(order) ?? 0n) + (exact + 500_000n) / 1_000_000n)
  }
  return new Map([...cents].map(([order, total]) => [order, `${total / 100n}.${String(total % 100n).padStart(2, '0')}`]))
}

/** `0.150000006` → 1500, rounded by its fifth digit. */
function tenThousandths(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  const digits = fraction.padEnd(5, '0')
  return BigInt(whole) * 10_000n + BigInt(digits.slice(0, 4)) + (digits.charAt(4) >= '5' ? 1n : 0n)
}
