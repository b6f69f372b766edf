/** Builds what is served, where a source is newer than it. */
export function buildIfNeeded(): void
