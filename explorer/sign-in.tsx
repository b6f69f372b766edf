import { type FormEvent, useEffect, useState, useSyncExternalStore } from 'react'
import type { DemoUser, SessionStore } from './session.ts'

/** E-mail address and password, and a button for each demo user that the server lets sign in without. */
export function SignIn({ session }: { readonly session: SessionStore }) {
  const notice = useSyncExternalStore(session.subscribe, () => session.notice)
  const [users, setUsers] = useState<readonly DemoUser[]>([])
  const [refusal, setRefusal] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    session.demoUsers().then(setUsers, () => {})
  }, [session])

  const attempt = (work: () => Promise<void>): void => {
    setBusy(true)
    setRefusal(null)
    work().catch((error: unknown) => {
      setRefusal(error instanceof Error ? error.message : String(error))
      setBusy(false)
    })
  }
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    attempt(() => session.signIn(String(fields.get('email')), String(fields.get('password'))))
  }

  return (
    <main className="guanxi-sign-in">
      <h1>Guanxi</h1>
      {(refusal ?? notice) && <p role="alert">{refusal ?? notice}</p>}
      <form onSubmit={submit}>
        <label>
          E-mail address
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" disabled={busy}>
          Sign in
        </button>
      </form>
      {users.length > 0 && (
        <section aria-label="Demo users">
          <h2>Or as a demo user</h2>
          <ul>
            {users.map(({ email, name, roles }) => (
              <li key={email}>
                <button type="button" disabled={busy} onClick={() => attempt(() => session.signInAsDemoUser(email))}>
                  {name}
                  <small>{roles.join(', ')}</small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  )
}
