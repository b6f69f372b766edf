import type { FieldType } from '../../entities/metadata.ts'

/** Text in one locale. */
export interface LabelInput {
  readonly locale: string
  readonly text: string
}

export interface OptionInput {
  readonly value: string
  readonly label?: string | null
  readonly labels?: readonly LabelInput[] | null
  readonly color?: string | null
  readonly retired?: boolean | null
}

export interface ReferenceInput {
  readonly module: string
  readonly inverseName?: string | null
  readonly inverseLabel?: string | null
  readonly inverseLabels?: readonly LabelInput[] | null
  /** `restrict`, `clear` or `cascade`. */
  readonly onDelete?: string | null
  /** No record may lead back to itself, by however many steps; for a REFERENCE or REFERENCES to the module that holds it. */
  readonly acyclic?: boolean | null
}

export interface NumberingInput {
  readonly prefix?: string | null
  readonly padding?: number | null
  readonly perYear?: boolean | null
  readonly gapless?: boolean | null
}

export interface RollupInput {
  /** A to-many connection of the module. */
  readonly relation: string
  readonly function: string
  readonly field?: string | null
  /** Expression over the fields of the other module. */
  readonly filter?: string | null
}

/** Null, and left out: no value. */
export interface TransitionInput {
  readonly from?: string | null
  readonly to?: string | null
}

/** A field as administrators describe it; null and left out mean the same. What `exportMetadata` gives has this form too. */
export interface FieldInput {
  readonly name: string
  readonly type: FieldType
  readonly label?: string | null
  readonly labels?: readonly LabelInput[] | null
  readonly help?: string | null
  readonly helps?: readonly LabelInput[] | null
  readonly aliases?: readonly string[] | null
  readonly position?: number | null
  readonly required?: boolean | null
  readonly requiredWhen?: string | null
  /** Nobody writes it; what its plugin makes of a write does. Plugins alone say so, and not of MONEY. */
  readonly readOnly?: boolean | null
  readonly unique?: boolean | null
  readonly indexed?: boolean | null
  readonly searchable?: boolean | null
  readonly sensitivity?: string | null
  readonly default?: unknown
  readonly options?: readonly OptionInput[] | null
  readonly transitions?: readonly TransitionInput[] | null
  readonly reference?: ReferenceInput | null
  /** A number, or its text; a day or an instant for DATE and DATETIME. */
  readonly min?: unknown
  readonly max?: unknown
  readonly minLength?: number | null
  readonly maxLength?: number | null
  readonly scale?: number | null
  readonly pattern?: string | null
  readonly numbering?: NumberingInput | null
  readonly formula?: string | null
  readonly rollup?: RollupInput | null
}

/** A custom module as administrators describe it. */
export interface ModuleInput {
  readonly name: string
  readonly pluralName: string
  readonly label?: string | null
  readonly labels?: readonly LabelInput[] | null
  readonly pluralLabel?: string | null
  readonly pluralLabels?: readonly LabelInput[] | null
  readonly kind?: string | null
  readonly nameField?: string | null
  readonly position?: number | null
  /** A required reference of the module: who may read or update the record that it leads to decides about this one. Plugins alone say so, and it is permanent. */
  readonly accessParent?: string | null
  readonly fields?: readonly FieldInput[] | null
}
