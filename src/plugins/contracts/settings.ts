import { z } from 'zod'
import { isTimeZone } from '../api/index.ts'

/** Who must approve contracts from which amount on. */
const threshold = z.object({
  /** In the organisation's currency; this amount and all above it. */
  from: z.number().nonnegative().max(1e15),
  /** Key of a role; one of its holders approves. */
  role: z.string().regex(/^[a-z][a-z0-9_]{0,47}$/),
})

export const settings = z.object({
  /** Numbers in the order of commits, without gaps, anew each year (`C-2026-00001`): whoever makes a contract waits for others who do. Else as they come (`C-00001`), for which nobody waits. */
  gaplessNumbers: z.boolean().default(false),
  /** What gapless numbers begin with. */
  gaplessPrefix: z
    .string()
    .regex(/^[A-Za-z0-9/_-]{0,10}$/, 'at most 10 letters, digits, slashes, hyphens and underscores')
    .default('C-'),
  /** IANA name of the zone whose calendar says which day it is: for beginning, end, notice and payments. */
  timeZone: z
    .string()
    .refine(isTimeZone, {
      message: 'is no time zone such as Asia/Shanghai',
      params: { text: { en: 'is no time zone such as Asia/Shanghai', 'zh-CN': '不是时区，例如 Asia/Shanghai' } },
    })
    .default('UTC'),
  approvals: z
    .array(threshold)
    .max(20)
    .default([
      { from: 10_000, role: 'sales_manager' },
      { from: 100_000, role: 'finance' },
    ]),
})

export type Settings = z.output<typeof settings>
