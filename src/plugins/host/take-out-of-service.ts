import type { Principal } from '../../records/access/policy.ts'
import { type MetadataOrigin, withholdPlugin } from '../../records/metadata/index.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import { neededBy, refuseWhileNeeded } from './check-fit.ts'
import { withholdOptionalFields } from './optional-fields.ts'
import { readPlugins, stateStatement } from './plugin-rows.ts'
import { type ServingProcesses, servedEverywhere } from './serving-processes.ts'

/** An administrator takes a plugin out of service. Throws PluginProblem while another one needs it. */
export async function takeOutOfService(
  services: ServingProcesses,
  principal: Principal,
  name: string,
  state: 'disabled' | 'uninstalled',
  origin: MetadataOrigin,
): Promise<void> {
  const { metadata, codes } = services
  const action = `plugin.${state === 'disabled' ? 'disable' : 'uninstall'}`
  const { schemaVersion } = await metadata.changePlugins(principal, action, { origin }, async (change) => {
    const rows = await readPlugins(change.transaction)
    refuseWhileNeeded(name, rows, codes)
    withholdOptionalFields(change, name, rows, codes)
    withholdPlugin(change, name)
    change.touched.unshift(`plugin ${name}`)
    change.rows.push(stateStatement(name, state))
  })
  await servedEverywhere(services, schemaVersion)
}

/** The system takes a plugin out of service, with all that need it, until an administrator enables it again. Does nothing where it is out of service already. */
export async function quarantine(services: ServingProcesses, name: string, why: string): Promise<void> {
  const { metadata, codes } = services
  const origin = { requestId: `plugin ${name}`, client: null, ip: null }
  const { schemaVersion } = await underCurrentEpochs(async () =>
    metadata.changePlugins(await services.system(`plugin ${name}`), 'plugin.quarantine', { origin }, async (change) => {
      const rows = await readPlugins(change.transaction)
      if (rows.get(name)?.state !== 'enabled') return
      for (const each of [name, ...neededBy(name, rows, codes)]) {
        withholdOptionalFields(change, each, rows, codes)
        withholdPlugin(change, each)
        change.touched.push(`plugin ${each}`)
        change.rows.push(stateStatement(each, 'quarantined', each === name ? why : `It needs the plugin ${name}, which is out of service.`))
      }
    }),
  )
  await servedEverywhere(services, schemaVersion)
}
