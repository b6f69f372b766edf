export type { Config, LogLevel } from './config.ts'
export { type Environment, loadConfig } from './load-config.ts'
export { SETTINGS, type Setting } from './settings.ts'
