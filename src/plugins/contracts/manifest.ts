import type { PluginManifest } from '../api/index.ts'

/** What is known of the plugin before its code runs. */
export const manifest = {
  name: 'contracts',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  capabilities: {
    // Users: whose contract it is, and who has submitted it.
    modules: { account: ['READ'], contact: ['READ'], opportunity: ['READ'], user: ['READ'] },
    jobs: true,
    // Sums and approvals are judged as they are, whatever the writer may read of them.
    system: true,
  },
} as const satisfies PluginManifest
