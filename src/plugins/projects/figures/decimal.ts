import { UNITS_OF_ONE, unitsOf } from '../../api/index.ts'

/** `part` of `whole` in percent, half up; 100 only where nothing is missing. `whole` is more than 0. */
export function percentOf(part: bigint, whole: bigint): number {
  if (part >= whole) return 100
  const percent = Number((200n * part + whole) / (2n * whole))
  return Math.min(99, Math.max(0, percent))
}

/** rate × minutes / 60, to two digits, halves away from zero. `rate` is no less than 0. */
export function costOf(rate: string, minutes: number): string {
  const cents = 60n * (UNITS_OF_ONE / 100n)
  const rounded = (2n * unitsOf(rate) * BigInt(minutes) + cents) / (2n * cents)
  return `${rounded / 100n}.${String(rounded % 100n).padStart(2, '0')}`
}
