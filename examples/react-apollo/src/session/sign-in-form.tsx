import { type FormEvent, useState } from 'react'
import type { Session } from './session'

export function SignInForm({ session }: { readonly session: Session }) {
  const [problem, setProblem] = useState<string>()
  const [waiting, setWaiting] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setWaiting(true)
    setProblem(undefined)
    try {
      await session.signIn(String(form.get('email')), String(form.get('password')))
    } catch (error) {
      setProblem((error as Error).message)
      setWaiting(false)
    }
  }

  return (
    <main className="narrow">
      <h1>Sign in</h1>
      <form className="card" onSubmit={submit}>
        <label>
          E-mail address
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" disabled={waiting}>
          Sign in
        </button>
      </form>
    </main>
  )
}
