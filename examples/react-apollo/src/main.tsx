import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { API_URL } from './api/settings'
import { App } from './app'
import { createSession } from './session/session'
import './ui/styles.css'

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App session={createSession(API_URL)} />
  </StrictMode>,
)
