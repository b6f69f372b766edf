import './workers.ts'
import 'graphiql/style.css'
import './explorer.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Explorer } from './explorer.tsx'
import { SessionStore } from './session.ts'

createRoot(document.getElementById('explorer') as HTMLElement).render(
  <StrictMode>
    <Explorer session={new SessionStore()} />
  </StrictMode>,
)
