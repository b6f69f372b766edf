import { z } from 'zod'
import { isTimeZone } from '../api/index.ts'

const days = z.number().int().min(0).max(3_650)
const points = z.number().int().min(1).max(100)

/** What administrators can set (`updatePluginSettings`). */
export const settings = z.object({
  wonTemplate: z.string().max(64).default('').describe('Id of the template that a project is made from when an opportunity is won; empty: none is made.'),
  timeZone: z
    .string()
    .refine(isTimeZone, { message: 'is no IANA time zone', params: { text: { en: 'is no IANA time zone', 'zh-CN': '不是 IANA 时区' } } })
    .default('UTC')
    .describe('Time zone that decides which day it is.'),
  enforceDependencies: z.boolean().default(true).describe('A task of a project begins and ends only when those that it depends on are done.'),
  yellowSlipDays: days.default(1).describe('Days behind the planned end from which a project is yellow.'),
  redSlipDays: days.default(14).describe('Days behind the planned end from which a project is red.'),
  redOverdueMilestones: z.number().int().min(1).max(1_000).default(3).describe('Overdue milestones from which a project is red; one makes it yellow.'),
  yellowBehindPoints: points.default(20).describe('Percentage points behind the time that has passed from which a project is yellow.'),
  redBehindPoints: points.default(40).describe('Likewise, from which it is red.'),
})

export type Settings = z.output<typeof settings>
