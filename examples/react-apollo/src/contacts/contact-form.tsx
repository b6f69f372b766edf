import { type FormEvent, useEffect, useRef, useState } from 'react'
import { issuesByField } from '../api/errors'
import type { ContactRowFragment } from '../generated/graphql'
import { Field } from '../ui/field'
import { ConflictPanel } from './conflict-panel'
import { EDITED, type EditedField, NOTHING, type Values, valuesOf } from './edited-fields'
import { useSaveContact } from './use-save-contact'

interface Props {
  /** Null for a new one. */
  readonly contact: ContactRowFragment | null
  readonly fields: ReadonlyMap<string, { readonly label: string; readonly required: boolean; readonly access: string }>
  readonly onDone: () => void
}

/** A dialog that makes a contact or changes one. */
export function ContactForm({ contact, fields, onDone }: Props) {
  const [values, setValues] = useState<Values>(contact ? valuesOf(contact) : NOTHING)
  const { save, resolve, error, conflict, saving } = useSaveContact(contact, onDone)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])

  const issues = issuesByField(error)
  const besides = [...issues].filter(([field]) => !EDITED.includes(field as EditedField) || !fields.has(field)).map(([, message]) => message)
  const isWritable = (field: EditedField) => (contact ? contact.viewerAccess?.writableFields.includes(field) === true : fields.get(field)?.access === 'WRITE')

  function submit(event: FormEvent) {
    event.preventDefault()
    void save(values)
  }

  return (
    <dialog ref={dialog} onClose={onDone} aria-labelledby="contact-form-title">
      <form onSubmit={submit} noValidate>
        <h2 id="contact-form-title">{contact ? `Edit ${contact.name}` : 'New contact'}</h2>
        {EDITED.filter((field) => fields.has(field) && !contact?.viewerAccess?.hiddenFields.includes(field)).map((field) => (
          <Field
            key={field}
            name={field}
            label={fields.get(field)?.label ?? field}
            required={fields.get(field)?.required ?? false}
            disabled={!isWritable(field)}
            hint={contact?.viewerAccess?.maskedFields.includes(field) ? 'You see a part of it.' : undefined}
            issue={issues.get(field)}
            value={values[field]}
            onChange={(value) => setValues((before) => ({ ...before, [field]: value }))}
          />
        ))}
        {error && !conflict && (issues.size === 0 || besides.length > 0) && (
          <p className="problem" role="alert">
            {besides.length > 0 ? besides.join(' ') : error.message}
          </p>
        )}
        {conflict && <ConflictPanel conflict={conflict} fields={fields} disabled={saving} onResolve={(way) => void resolve(way)} />}
        <div className="bar">
          {!conflict && (
            <button type="submit" disabled={saving}>
              Save
            </button>
          )}
          <button type="button" className="plain" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  )
}
