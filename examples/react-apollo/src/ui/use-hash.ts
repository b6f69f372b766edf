import { useSyncExternalStore } from 'react'

function onHashChange(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** The part of the address behind `#`, with it. */
export function useHash(otherwise: string): string {
  return useSyncExternalStore(onHashChange, () => window.location.hash) || otherwise
}
