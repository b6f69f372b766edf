const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+-]\d{2}:\d{2})$/

/** The text is a day of the proleptic Gregorian calendar, `YYYY-MM-DD`, years 0001–9999. */
export function isDateText(text: string): boolean {
  const match = DATE.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 1 || month < 1 || month > 12) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number
  return day >= 1 && day <= days
}

/**
 * A moment in the one form of the API, `YYYY-MM-DDTHH:MM:SS.mmmZ`; null for anything that is no RFC 3339 date-time with an offset.
 * Digits behind milliseconds are cut, a leap second counts as the next second, years outside 0001–9999 are refused.
 */
export function canonicalDateTime(value: string | Date): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : within(value)
  const match = DATE_TIME.exec(value)
  if (!match) return null
  const [, date = '', hour = '', minute = '', second = '00', fraction = '', zone = ''] = match
  if (!isDateText(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null
  const leapSecond = second === '60'
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const offset = zone.toUpperCase()
  if (offset !== 'Z' && (Number(offset.slice(1, 3)) > 23 || Number(offset.slice(4)) > 59)) return null
  const time = Date.parse(`${date}T${hour}:${minute}:${leapSecond ? '59' : second}.${milliseconds}${offset}`)
  return Number.isNaN(time) ? null : within(new Date(leapSecond ? time + 1000 : time))
}

function within(moment: Date): string | null {
  const year = moment.getUTCFullYear()
  return year >= 1 && year <= 9999 ? moment.toISOString() : null
}
