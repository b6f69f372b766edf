import { setTimeout as delay } from 'node:timers/promises'

/** Share of a budget that is left to others who use the same one. */
const RESERVE = 0.1

/** `fetch` that slows down before the budget of its user is used up: every answer tells how it stands, by `RateLimit-Policy` and `RateLimit`. */
export function paced(send: typeof fetch = fetch): typeof fetch {
  let pause = 0
  return async (...request) => {
    if (pause > 0) await delay(pause)
    const response = await send(...request)
    pause = pauseAfter(response.headers)
    return response
  }
}

/** Milliseconds: none while enough is left. `"requests";q=600;w=60` and `"requests";r=12;t=40` tell what is allowed in a window, what remains, and the seconds until all of it is back. */
export function pauseAfter(headers: Headers): number {
  const allowed = parameter(headers.get('ratelimit-policy'), 'q')
  const remaining = parameter(headers.get('ratelimit'), 'r')
  const seconds = parameter(headers.get('ratelimit'), 't')
  if (allowed === null || remaining === null || seconds === null || remaining > allowed * RESERVE) return 0
  return (seconds * 1000) / Math.max(1, allowed * RESERVE)
}

function parameter(header: string | null, name: string): number | null {
  const value = header
    ?.split(';')
    .map((part) => part.trim().split('='))
    .find(([key]) => key === name)?.[1]
  return value === undefined ? null : Number(value)
}
