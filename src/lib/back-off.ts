/** Milliseconds before the n-th try (from 1) at something that is down: twice as long each time up to a limit, scattered so that many do not try at once. */
export function backOff(attempt: number, { first = 50, longest = 5_000 }: { readonly first?: number; readonly longest?: number } = {}): number {
  return Math.min(longest, first * 2 ** Math.min(attempt - 1, 30)) * (0.5 + Math.random() / 2)
}
