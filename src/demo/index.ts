export { type DemoUser, demoUsers } from './demo-users.ts'
export { type DemoServices, type DemoSummary, loadDemo } from './load-demo.ts'
