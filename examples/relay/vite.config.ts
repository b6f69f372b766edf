import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import relay from 'vite-plugin-relay'

/** The server, by its own address: outside of production it answers pages of the same machine, else those of its CORS_ORIGINS. */
const { GUANXI_URL = 'http://127.0.0.1:4000' } = process.env

export default defineConfig({
  plugins: [react(), relay],
  // React, Relay and their runtime, in kB.
  build: { chunkSizeWarningLimit: 600 },
  // Nothing else of the environment gets into the page.
  define: { __GUANXI_URL__: JSON.stringify(GUANXI_URL) },
})
