import { Decimal } from 'decimal.js'
import fc from 'fast-check'

/** Chinese, other scripts, outside the basic plane, combining marks, both widths, what LIKE and JSON treat in a special way, and nothing at all. */
const TEXTS = [
  '',
  '上海',
  '上海市浦东新区',
  '北京公司',
  '𠮷野家',
  'Straße',
  'ABC',
  'abc',
  'ＡＢＣ公司',
  'é',
  '100%',
  'a_b',
  'back\\slash',
  `O'Neil "quoted"`,
  '😀',
] as const

export const text = fc.constantFrom(...TEXTS)
export const decimalText = (scale: number, digits: number) =>
  fc
    .tuple(fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }), fc.integer({ min: 0, max: scale }))
    .map(([units, places]) => new Decimal(units.toString()).div(new Decimal(10).pow(places)).toFixed())
export const decimal = (input: string): Decimal => new Decimal(input)
export const DAYS = ['2024-02-29', '2023-02-28', '0001-01-01', '9999-12-31', '1970-01-01', '2024-12-30', '2025-01-01', '2024-03-31'] as const
export const INSTANTS = [
  '2024-02-29T23:59:59.999Z',
  '2024-03-10T02:30:00+08:00',
  '1969-12-31T16:00:00-08:00',
  '2024-12-31T23:30:00Z',
  '2025-06-01T00:00:00.5+05:45',
] as const
export const OPTIONS = [
  { value: 'new', label: 'New', labels: [{ locale: 'zh-CN', text: '新建' }], color: '#1677ff' },
  { value: 'open', label: '进行中' },
  { value: 'won', label: 'Won', labels: [{ locale: 'zh-CN', text: '赢单' }] },
]
export const PHONES = ['+86 10 6552 9988', '13800138000', '+1 650 253 0000'] as const
export const E164: Readonly<Record<(typeof PHONES)[number], string>> = {
  '+86 10 6552 9988': '+861065529988',
  '13800138000': '+8613800138000',
  '+1 650 253 0000': '+16502530000',
}

/** What a unit of each currency is worth in that of the organisation. */
export const RATES = { CNY: '1', USD: '7.1234567891', JPY: '0.0498' } as const
export type Currency = keyof typeof RATES

/** Money in several currencies, yen without the part behind the point too. */
export const money = fc.oneof(
  fc.tuple(decimalText(4, 8), fc.constantFrom<Currency>('CNY', 'USD', 'JPY')).map(([amount, currency]) => ({ amount, currency })),
  fc.integer({ min: -9, max: 9 }).map((amount) => ({ amount: String(amount), currency: 'JPY' as Currency })),
)

/** An amount in the organisation's currency, to four places. */
export function inOwnCurrency({ amount, currency }: { readonly amount: string; readonly currency: Currency }): Decimal {
  const Exact = Decimal.clone({ precision: 60 })
  return new Decimal(new Exact(amount).times(RATES[currency]).toDecimalPlaces(4, Decimal.ROUND_HALF_UP).toFixed())
}

/** An amount as it is answered: two digits behind the point at least. */
export function moneyText(amount: Decimal): string {
  return amount.toFixed(Math.max(2, amount.decimalPlaces()))
}
