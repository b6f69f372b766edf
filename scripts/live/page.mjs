import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTcpProxy } from '../../test/support/tcp-proxy.ts'
import { launchBrowser } from './browser.mjs'
import { SERVER } from './running-server.mjs'

/** Milliseconds that one thing may take before it counts as missing. */
const PATIENCE = 30_000

/**
 * A front end as it is built, in Chromium, with a way to the server that can be cut. `vite` is the one of the front end, which reads GUANXI_URL. Errors of the page are collected in `errors`.
 * Run with `--import scripts/typescript.mjs`.
 */
export async function openPage(root, vite) {
  const target = { host: '127.0.0.1', port: Number(new URL(SERVER).port) }
  let proxy = await startTcpProxy(target)
  const { port } = proxy
  const folder = mkdtempSync(join(tmpdir(), 'guanxi-page-'))
  process.env.GUANXI_URL = `http://127.0.0.1:${port}`
  const build = { outDir: folder, emptyOutDir: true }
  await vite.build({ root, build, logLevel: 'warn' })
  const preview = await vite.preview({ root, build, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'warn' })
  const browser = await launchBrowser()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  context.setDefaultTimeout(PATIENCE)
  const address = `http://127.0.0.1:${preview.httpServer.address().port}/`
  const errors = []
  const open = async () => {
    const page = await context.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await page.goto(address)
    return page
  }
  return {
    page: await open(),
    open,
    context,
    errors,
    /** Nothing reaches the server while the work is done, and what was connected is not any more. */
    withoutServer: async (work) => {
      await proxy.close()
      await work()
      proxy = await startTcpProxy(target, port)
    },
    close: async () => {
      await browser.close()
      await preview.close()
      await proxy.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
