import type { ModuleRule } from '../records/write/index.ts'

/** `completedAt` says when a task became `done`; it is empty while it is not. */
export const taskRule: ModuleRule = {
  module: 'task',
  before(changes, { at }) {
    for (const change of changes) {
      if (change.operation === 'DELETED' || !change.changes('status')) continue
      const done = change.after['status'] === 'done'
      if (!change.given('completedAt')) change.set('completedAt', done ? at : null)
      if (done && !change.given('progress')) change.set('progress', 100)
    }
  },
}
