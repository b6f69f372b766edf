import { readFileSync } from 'node:fs'

/** Where the server is that examples are tried against. */
export const SERVER = process.env.GUANXI_URL ?? 'http://127.0.0.1:4000'

/** GUANXI_ADMIN_PASSWORD and GUANXI_DEMO_PASSWORD, or what `npm start` has kept. */
export const adminPassword = () => process.env.GUANXI_ADMIN_PASSWORD ?? kept('admin-password')
export const demoPassword = () => process.env.GUANXI_DEMO_PASSWORD ?? kept('demo-password')

const kept = (name) => readFileSync(new URL(`../../.guanxi/${name}`, import.meta.url), 'utf8').trim()
