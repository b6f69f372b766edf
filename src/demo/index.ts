export { type DemoServices, type DemoSummary, loadDemo } from './load-demo.ts'
