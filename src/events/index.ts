export { createSignals, type SignalListener, type Signals, type SignalsOptions } from './signals.ts'
