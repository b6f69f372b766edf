import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

/** Headless Chromium. CHROMIUM names it; without it `chromium`, `chromium-browser` or `google-chrome` of the PATH is taken. */
export function launchBrowser() {
  return chromium.launch({ executablePath: findBrowser(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
}

function findBrowser() {
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const paths = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  const found = [process.env.CHROMIUM, ...paths].find((path) => {
    try {
      return path !== undefined && path !== '' && accessSync(path, constants.X_OK) === undefined
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('There is no Chromium: install it (on Debian: apt-get install chromium), or say in CHROMIUM where it is.')
  return found
}
