#!/usr/bin/env node
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Keeps compiled code between starts, where this Node can (22.1 and newer).
module.enableCompileCache?.()
// In a clone the sources are built when they are newer; an installed package ships dist alone.
const builder = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))
if (existsSync(builder)) (await import('../scripts/build.mjs')).buildIfNeeded()
const { main } = await import('../dist/main.js')
await main(process.argv)
