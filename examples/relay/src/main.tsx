import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { API_URL } from './relay/settings'
import { createSession } from './session/session'
import './ui/styles.css'

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App session={createSession(API_URL)} />
  </StrictMode>,
)
