/**
 * Packs explorer/ into dist/explorer: scripts and styles with a digest in their names, compressed, and the page that names them. Takes about a second.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** The editor's workers, by the label that the editor asks for. */
const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
}

/** Where the page finds the files, relative to its own address, so that it works below any path that a proxy may add. */
const PLACE = 'graphql/explorer/'

/** Whether what packs is installed: it is not where development packages were left out. */
export function canBuildExplorer() {
  const { resolve } = createRequire(import.meta.url)
  return ['esbuild', 'graphiql', 'react-dom'].every((name) => {
    try {
      return Boolean(resolve(`${name}/package.json`))
    } catch {
      return false
    }
  })
}

/** Throws esbuild's error where the sources cannot be packed. */
function buildExplorer(root) {
  const { buildSync } = createRequire(import.meta.url)('esbuild')
  const target = join(root, 'dist', 'explorer')
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: target,
    entryNames: '[name]-[hash]',
    target: 'es2022',
    logLevel: 'warning',
    legalComments: 'none',
  }
  const workers = buildSync({ ...common, entryPoints: WORKERS, format: 'iife' })
  const page = buildSync({
    ...common,
    entryPoints: { main: 'explorer/main.tsx' },
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    loader: { '.ttf': 'file' },
    define: { 'process.env.NODE_ENV': '"production"', EXPLORER_WORKERS: JSON.stringify(namesOf(workers, Object.keys(WORKERS))) },
  })
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const { path, contents } of [...workers.outputFiles, ...page.outputFiles]) writeFileSync(`${join(target, basename(path))}.gz`, gzipSync(contents))
  const { main: script } = namesOf(page, ['main'])
  const style = page.outputFiles.map(({ path }) => basename(path)).find((name) => /^main-.*\.css$/.test(name))
  writeFileSync(join(target, 'index.html'), pageText(script, style))
  writeFileSync(join(target, 'LICENSES.txt'), licences(root, [workers, page]))
}

/** File of each entry, by its name. */
function namesOf({ outputFiles }, names) {
  return Object.fromEntries(
    names.map((name) => [name, basename(outputFiles.find(({ path }) => basename(path).startsWith(`${name}-`) && path.endsWith('.js')).path)]),
  )
}

function pageText(script, style) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guanxi explorer</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${PLACE}${style}">
<script type="module" src="${PLACE}${script}"></script>
</head>
<body>
<div id="explorer"></div>
<noscript>The explorer needs JavaScript. The API does not: send operations to this address by POST.</noscript>
</body>
</html>
`
}

/** What the packed packages ask to be passed on with them. */
function licences(root, builds) {
  const folders = new Set(
    builds.flatMap(({ metafile }) => Object.keys(metafile.inputs)).flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  )
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice|thirdpartynotices)/i.test(file))
      return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim())].join('\n\n')
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildExplorer(fileURLToPath(new URL('..', import.meta.url)))
