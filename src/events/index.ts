export { createSignals, type SignalListener, type Signals, type SignalsOptions } from './signals.ts'
export { type Stamper, startStamper } from './stamper.ts'
export { connectStamper } from './stamper-connection.ts'
export { CHANGES_TOPIC, followChanges, type Tail } from './tail.ts'
