import type { ContactRowFragment } from '../generated/graphql'
import { EDITED, type EditedField, shown } from './edited-fields'

interface Props {
  readonly contacts: readonly ContactRowFragment[]
  readonly fields: ReadonlyMap<string, { readonly label: string }>
  readonly onEdit: (contact: ContactRowFragment) => void
}

/** Columns are the fields that the user's roles show at all; what a single record hides or masks is said in its cell. */
export function ContactTable({ contacts, fields, onEdit }: Props) {
  const columns = EDITED.filter((field) => fields.has(field))
  return (
    <table>
      <thead>
        <tr>
          {columns.map((field) => (
            <th key={field} scope="col">
              {fields.get(field)?.label}
            </th>
          ))}
          <th scope="col">{fields.get('account')?.label}</th>
          <th scope="col">
            <span className="spoken">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {contacts.map((contact) => (
          <tr key={contact.id}>
            {columns.map((field) => (
              <td key={field}>
                <Value contact={contact} field={field} />
              </td>
            ))}
            <td>{contact.account?.name}</td>
            <td>
              {contact.viewerAccess?.actions.includes('UPDATE') && (
                <button type="button" onClick={() => onEdit(contact)}>
                  Edit<span className="spoken"> {contact.name}</span>
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Value({ contact, field }: { readonly contact: ContactRowFragment; readonly field: EditedField }) {
  const { hiddenFields = [], maskedFields = [] } = contact.viewerAccess ?? {}
  if (hiddenFields.includes(field)) return <span className="muted">hidden</span>
  return (
    <>
      {shown(contact[field])}
      {maskedFields.includes(field) && <span className="muted"> (masked)</span>}
    </>
  )
}
