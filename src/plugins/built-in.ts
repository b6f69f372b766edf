import type { PluginManifest } from './api/index.ts'
import { manifest as contracts } from './contracts/manifest.ts'
import { PROJECTS } from './projects/manifest.ts'

/** Plugins that come with the product: what is known of each before its code runs, and the way to its code. */
export const BUILT_IN: readonly { readonly manifest: PluginManifest; readonly load: () => Promise<unknown> }[] = [
  { manifest: contracts, load: () => import('./contracts/index.ts') },
  { manifest: PROJECTS, load: () => import('./projects/index.ts') },
]
