import type { PluginManifest } from '../api/index.ts'

/** What the plugin is and asks for; known before its code runs. */
export const PROJECTS: PluginManifest = {
  name: 'projects',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  dependsOn: { contracts: { version: '^1.0.0', optional: true } },
  capabilities: {
    modules: { task: ['CREATE', 'READ', 'UPDATE'], opportunity: ['READ'], account: ['READ'], user: ['READ'] },
    events: ['opportunity'],
    jobs: true,
    system: true,
  },
}
