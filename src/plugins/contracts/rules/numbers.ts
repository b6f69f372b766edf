import { type ChangeableRecord, dayIn, type HookContext, Refusal } from '../../api/index.ts'
import type { Settings } from '../settings.ts'

/** Name of the record that holds how far numbers have come. */
export const SERIES = 'contracts'

/**
 * Gives new contracts their numbers where these are to have no gaps. The record of the series is held until the transaction ends: others wait, and what is taken back gives its numbers
 * back. Numbers that come along with a contract stay, and are none of the series.
 */
export async function giveNumbers(changes: readonly ChangeableRecord[], context: HookContext<Settings>): Promise<void> {
  const { settings, derive, changeSetId } = context
  const unnumbered = changes.filter(({ operation, after }) => operation === 'CREATED' && (after['number'] ?? null) === null)
  if (!settings.gaplessNumbers || unnumbered.length === 0) return
  const system = await context.asSystem('number of a contract')
  const find = async () => (await system.find('contractNumbering', { filter: { name: { eq: SERIES } }, first: 1 }))[0]
  const series = await find()
  if (!series)
    throw new Refusal('UNAVAILABLE', {
      en: 'The numbering of contracts is missing: disable and enable the plugin contracts.',
      'zh-CN': '缺少合同编号规则：请停用并重新启用插件 contracts。',
    })
  await derive.update('contractNumbering', [{ id: series.id, values: { holder: changeSetId } }])
  // As whoever held it before has left it.
  const held = (await find()) ?? series
  const year = Number(dayIn(settings.timeZone, new Date(context.at)).slice(0, 4))
  const last = held['year'] === year ? Number(held['last']) : 0
  for (const [index, change] of unnumbered.entries()) change.set('number', `${settings.gaplessPrefix}${year}-${String(last + index + 1).padStart(5, '0')}`)
  await derive.update('contractNumbering', [{ id: series.id, values: { year, last: last + unnumbered.length } }])
}
