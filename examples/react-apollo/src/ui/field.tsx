import { useId } from 'react'

interface Props {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly required: boolean
  readonly disabled: boolean
  readonly hint: string | undefined
  /** What is wrong with it. */
  readonly issue: string | undefined
  readonly onChange: (value: string) => void
}

/** An input with its label; what is wrong with it stands below, and is read out with it. */
export function Field({ name, label, value, required, disabled, hint, issue, onChange }: Props) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {required && <span aria-hidden="true"> *</span>}
      </label>
      <input
        id={id}
        name={name}
        value={value}
        disabled={disabled}
        aria-required={required}
        aria-invalid={issue !== undefined}
        aria-describedby={`${id}-notes`}
        onChange={(event) => onChange(event.target.value)}
      />
      <div id={`${id}-notes`}>
        {hint && <p className="muted">{hint}</p>}
        {issue && <p className="problem">{issue}</p>}
      </div>
    </div>
  )
}
