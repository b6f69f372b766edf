/** `Tuesday, December 1, 2026 at 09:00 (Asia/Shanghai)`. Languages and zones that this machine does not know are passed over. */
export function spelledTime(moment: Date, locale: string, timeZone: string): string {
  for (const [language, zone] of [
    [locale, timeZone],
    ['en', timeZone],
    ['en', 'UTC'],
  ] as const) {
    try {
      return `${new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', hourCycle: 'h23', timeZone: zone }).format(moment)} (${zone})`
    } catch {}
  }
  return moment.toISOString()
}
