/**
 * Joins what the compiler wrote, a file for each source, to few files for each entry point, and with them those libraries that nobody but the server uses: Node.js takes longer to find, read and link
 * the many small files of a start than to run them. What several entry points or dynamic imports share lies in files of its own, so that a process has each module once.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** As what is found in it is told: it may be a link to that of another checkout. */
const LIBRARIES = realpathSync(join(ROOT, 'node_modules'))

/** What is started, imported from outside, or loaded by its path; as below `src`, without the ending. */
const ENTRY_POINTS = [
  'main',
  'plugins/api/index',
  'plugins/type-graphql/index',
  'plugins/host/resolve-provided',
  'testing/index',
  'testing/host/main',
  // One server without the command line.
  'app',
  'config/index',
  'start/first-administrator',
]

/** Libraries that are joined as well. Not those of which a plugin or another library must see the same instance (graphql, type-graphql, typeorm, pg, zod), nor those with native parts or files of their own. */
const JOINED = [
  '@apollo/server',
  '@as-integrations/fastify',
  'fastify',
  'graphql-middleware',
  'graphql-shield',
  'graphql-ws',
  'jose',
  'libphonenumber-js',
  'prom-client',
  'ws',
]

/** For CommonJS libraries, which require what Node.js brings. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`

/** Stands for the URL of a source's own output until it is known in which file the source comes to lie. */
const URL_OF = /\bURL_OF_SOURCE\("([^"]+)"\)/g

/** Writes `<to>/<entry point>.js`, what they share below `<to>/shared`, and the licences of the libraries that were joined. Throws what cannot be resolved. */
export async function bundle(from, to) {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRY_POINTS.map((name) => join(from, `${name}.js`)),
    outbase: from,
    outdir: to,
    chunkNames: 'shared/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Errors, entities and rules are told by the names of their classes.
    keepNames: true,
    legalComments: 'none',
    sourcemap: 'linked',
    banner: { js: REQUIRE },
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [librariesApart(), ownUrls(from)],
  })
  rmSync(join(to, 'shared'), { recursive: true, force: true })
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, path.endsWith('.js') ? text.replaceAll(URL_OF, (_, source) => urlFrom(path, join(to, source))) : text)
  }
  writeFileSync(join(to, 'third-party-licenses.txt'), licences(Object.keys(metafile.inputs)))
}

/** Leaves libraries where they are, but for those that are joined and what these alone depend on. */
function librariesApart() {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const apart = new Set(Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !JOINED.includes(name)))
  return {
    name: 'libraries-apart',
    setup: ({ onResolve, resolve }) => {
      onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
        if (pluginData === 'resolved' || path.startsWith('node:') || options.kind === 'entry-point') return undefined
        const name = nameOf(path)
        if (!options.importer.includes(`${sep}node_modules${sep}`)) return JOINED.includes(name) ? undefined : { path, external: true }
        const found = await resolve(path, { ...options, pluginData: 'resolved' })
        // What a library may use where it is installed, or another version than the product's own.
        if (found.errors.length > 0) return { path, external: true }
        return apart.has(name) && packageOf(found.path) === join(LIBRARIES, name) ? { path, external: true } : found
      })
    },
  }
}

/** Sources that look for a file beside them find it where it would be without joining. */
function ownUrls(from) {
  return {
    name: 'own-urls',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(from + sep)) return undefined
        const text = readFileSync(path, 'utf8')
        const source = relative(from, path).split(sep).join('/')
        return text.includes('import.meta.url') ? { contents: text.replaceAll('import.meta.url', `URL_OF_SOURCE("${source}")`), loader: 'js' } : undefined
      })
    },
  }
}

const urlFrom = (file, target) => `new URL(${JSON.stringify(relative(dirname(file), target).split(sep).join('/'))},import.meta.url).href`

/** `name` or `@scope/name` of what is imported. */
const nameOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

/** Folder of the package that a file belongs to; undefined for a file of ours. */
function packageOf(file) {
  const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? []
  return folder
}

function licences(inputs) {
  const folders = [...new Set(inputs.map((file) => packageOf(join(ROOT, file))).filter((folder) => folder !== undefined))].sort()
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
    return `${name} ${version} (${license})\n\n${file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : 'The package brings no text of its licence.'}\n`
  })
  return `The files of this folder contain these libraries.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(join(ROOT, '.guanxi', 'build'), join(ROOT, 'dist'))
