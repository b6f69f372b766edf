/** File of each worker of the editor, by its label; the build fills it in. */
declare const EXPLORER_WORKERS: Readonly<Record<string, string>>

/** The editor's workers are files of this server like all else; it would make them of blobs otherwise, which the page's policy forbids. */
Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string) => new Worker(new URL(EXPLORER_WORKERS[label] ?? (EXPLORER_WORKERS['editor'] as string), import.meta.url)),
  },
})

export {}
