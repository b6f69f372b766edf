import type { Conflict } from '../api/errors'
import { shown } from './edited-fields'
import type { Resolution } from './use-save-contact'

interface Props {
  readonly conflict: Conflict
  readonly fields: ReadonlyMap<string, { readonly label: string }>
  readonly disabled: boolean
  readonly onResolve: (way: Resolution) => void
}

/** What is compared: all that a user can see of a change, not its stamps. */
function changedFields({ base, current }: Conflict, fields: Props['fields']): readonly string[] {
  return Object.keys(current).filter(
    (field) => fields.has(field) && !/^(version|updatedAt|updatedBy)$/.test(field) && shown(base?.[field]) !== shown(current[field]),
  )
}

/** Shows what somebody else wrote beside what was to be written, and asks which it shall be. */
export function ConflictPanel({ conflict, fields, disabled, onResolve }: Props) {
  const theirs = changedFields(conflict, fields)
  const yours = Object.keys(conflict.yours)
  const both = yours.filter((field) => theirs.includes(field))
  return (
    <section className="conflict" role="alert">
      <h3>Somebody else has changed this contact meanwhile</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Theirs</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {[...new Set([...theirs, ...yours])].map((field) => (
            <tr key={field}>
              <th scope="row">{fields.get(field)?.label ?? field}</th>
              <td>{shown(conflict.current[field])}</td>
              <td>{yours.includes(field) ? shown(conflict.yours[field]) : <span className="muted">not changed</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {both.length > 0 && <p>Both of you have changed {both.map((field) => fields.get(field)?.label ?? field).join(', ')}.</p>}
      <div className="bar">
        {both.length === 0 ? (
          <button type="button" disabled={disabled} onClick={() => onResolve('merge')}>
            Merge both
          </button>
        ) : (
          <button type="button" disabled={disabled} onClick={() => onResolve('overwrite')}>
            Keep mine
          </button>
        )}
        <button type="button" disabled={disabled} onClick={() => onResolve('reload')}>
          Reload theirs
        </button>
      </div>
    </section>
  )
}
