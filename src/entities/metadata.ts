import type { Expression } from './expression.ts'

/**
 * What a module is made of, in plain data. Core entities produce it by decorators (`decorators.ts`), custom modules by
 * rows of `custom_module` and `custom_field`; everything else derives from it.
 */
export const FIELD_TYPES = [
  'TEXT',
  'LONG_TEXT',
  'INTEGER',
  'DECIMAL',
  'MONEY',
  'PERCENT',
  'BOOLEAN',
  'DATE',
  'DATETIME',
  'DURATION',
  'SELECT',
  'MULTI_SELECT',
  'EMAIL',
  'PHONE',
  'URL',
  'ADDRESS',
  'JSON',
  'REFERENCE',
  'REFERENCES',
  'USER',
  'FORMULA',
  'ROLLUP',
  'AUTO_NUMBER',
  'RATING',
  'GEO',
] as const

export type FieldType = (typeof FIELD_TYPES)[number]

/** Text per locale; `en` is always present. */
export interface LocalizedText {
  readonly en: string
  readonly 'zh-CN'?: string
}

/** How much a value may harm its subject. Anything but `none` is hidden from a role that does not list the field. */
export type Sensitivity = 'none' | 'personal' | 'sensitive' | 'finance'

export interface SelectOption {
  readonly value: string
  readonly label: LocalizedText
  /** `#rrggbb`, for screens. */
  readonly color?: string
  /** A retired option stays readable and can no longer be written. */
  readonly retired?: boolean
}

/** A step that a SELECT field may take; null stands for no value. */
export interface Transition {
  readonly from: string | null
  readonly to: string | null
}

export interface ReferenceMetadata {
  /** Target module's name, or `*` for a polymorphic reference to a record of any module. */
  readonly module: string
  /** Permanent number of a target that was made at run time: its name is free for another module once it is deleted. Absent for all other targets. */
  readonly moduleNumber?: number
  /** Name of the to-many connection on the target module; absent where there is none (always for `*`). */
  readonly inverseName?: string
  readonly inverseLabel?: LocalizedText
  /** What happens to this record when the referenced one is deleted (into the recycle bin). */
  readonly onDelete: 'restrict' | 'clear' | 'cascade'
  /** Following this reference must never lead back to the record itself (account.parent, team.parent …). */
  readonly acyclic?: boolean
}

/** What a FORMULA field computes from the other fields of its record. */
export interface FormulaMetadata {
  readonly expression: Expression
  /** Type of the result: DECIMAL, MONEY (in the organisation's currency), TEXT, BOOLEAN, DATE or DATETIME. */
  readonly type: FieldType
}

export const ROLLUP_FUNCTIONS = ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'] as const

/** What a ROLLUP field computes over the records of a to-many relation, as far as its reader may read them. */
export interface RollupMetadata {
  /** Id of the REFERENCE or REFERENCES field that makes the relation, on this module or on the other one. */
  readonly via: string
  /** The records of `module` hold the field and lead here; otherwise this record holds it (REFERENCES) and leads to them. */
  readonly reverse?: boolean
  /** Module whose records are rolled up. */
  readonly module: string
  readonly function: (typeof ROLLUP_FUNCTIONS)[number]
  /** Id of the field that is added up or compared; absent for COUNT. */
  readonly field?: string
  /** Only records for which this holds; over the fields of the other module. */
  readonly filter?: Expression
  /** Type of the result: INTEGER for COUNT, else as the field and the function give. */
  readonly type: FieldType
}

export interface NumberingMetadata {
  readonly prefix: string
  /** Digits at least; shorter numbers get leading zeros. */
  readonly padding: number
  /** A series begins anew each year (UTC), which stands behind the prefix: `T-2026-000123`. */
  readonly perYear?: boolean
  /** `false`: numbers may be missing, and writers never wait for each other. Otherwise numbers run in the order of commits, without a gap. */
  readonly gapless?: boolean
}

export interface FieldMetadata {
  /** Permanent id of a field that was made at run time; a core field's is `<module>.<name>`. */
  readonly id?: string
  /** Counts up in the order in which fields are made at run time. Absent for fields of core modules, and for one whose change is not committed yet. */
  readonly ordinal?: number
  /** API name, `^[a-z][A-Za-z0-9]{0,47}$`. */
  readonly name: string
  /** Earlier names, under which the field can still be reached until they are removed. */
  readonly aliases?: readonly string[]
  readonly type: FieldType
  readonly label: LocalizedText
  readonly help?: LocalizedText
  /** A value is demanded on create; cannot be cleared. */
  readonly required?: boolean
  /** A value is demanded of every write whose record fulfils this. */
  readonly requiredWhen?: Expression
  /** Unique over undeleted records; makes the field a key of `<Module>UniqueInput`. TEXT, EMAIL, AUTO_NUMBER, INTEGER only. */
  readonly unique?: boolean
  /** The unique index is not there yet (or could not be built): nothing can be looked up by this key. */
  readonly keyUnavailable?: boolean
  readonly indexed?: boolean
  /** Part of the module's text search (bigram index). */
  readonly searchable?: boolean
  readonly sensitivity?: Sensitivity
  /** Set by the system alone (numbers, totals, resolution times): readable, never an input. */
  readonly readOnly?: boolean
  /** Can be given on create and never changed. */
  readonly createOnly?: boolean
  /** API value used on create when nothing is given. */
  readonly default?: unknown
  readonly options?: readonly SelectOption[]
  readonly transitions?: readonly Transition[]
  readonly reference?: ReferenceMetadata
  /** Inclusive bounds: for numbers as decimal text (for RATING, 1–5 unless given), for DATE and DATETIME in their own form. */
  readonly min?: string
  readonly max?: string
  /** In characters (code points), for texts. */
  readonly minLength?: number
  /** Regular expression in RE2 syntax that a text must match somewhere; `^…$` for the whole. */
  readonly pattern?: string
  /** In characters (code points). Defaults: TEXT 500, LONG_TEXT 100,000, EMAIL 254, URL 2,048. */
  readonly maxLength?: number
  /** Digits behind the point that are kept. DECIMAL 6, PERCENT 4, MONEY 4 unless given. */
  readonly scale?: number
  /** AUTO_NUMBER: e.g. prefix `T-` and padding 6 for `T-000123`. */
  readonly numbering?: NumberingMetadata
  readonly formula?: FormulaMetadata
  readonly rollup?: RollupMetadata
  /** ROLLUP kept in a column by the write pipeline (e.g. order.total): readOnly, always equal to its source. */
  readonly maintained?: boolean
  /** Names of the core fields of the same record from which PostgreSQL generates the columns: of MONEY that is readOnly and not maintained. */
  readonly generatedFrom?: readonly string[]
  /**
   * Physical columns. One name for most types; MONEY has three (`<column>_amount`, `<column>_currency`, `<column>_base`),
   * PHONE two (`<column>` as typed and `<column>_e164`). Custom fields have opaque names (`c_<n>`). For REFERENCES it names the link table
   * (`source_id`, `target_id`), for FORMULA and ROLLUP the column under which a read computes them.
   */
  readonly column: string
  /** Number of the module's extension table that holds the columns (`extensionTable`); absent or 0: the module's own table. */
  readonly extension?: number
}

/**
 * Columns of a module whose records may be computed from a field of other records. Such a record is there for whoever is shown that field on all records; for those whom it tells once it
 * has told them; and for nobody else.
 */
export interface ComputedFromMetadata {
  /** JSON: `field`, the permanent key of the field, which records that are not computed do not have; `at`, when it is due; `moot`, where it has been given up. */
  readonly basis: string
  readonly dueAt: string
  readonly state: string
  /** States of those that have told. */
  readonly toldStates: readonly string[]
  /** Types of the fields that records are computed from. */
  readonly types: readonly FieldType[]
  /** Whom it tells: the first of these that is not null. */
  readonly tells: readonly string[]
}

export interface ModuleMetadata {
  /** Permanent number, the last 16 bits of its records' ids. Core modules 1–999, others from 1000. */
  readonly number: number
  readonly name: string
  readonly pluralName: string
  readonly label: LocalizedText
  readonly pluralLabel: LocalizedText
  readonly table: string
  /** Field shown as `displayName` (a text-like field). */
  readonly nameField: string
  /**
   * Name of a required REFERENCE field whose target decides about access: whoever may read (update) the parent record may
   * read (write) this one, e.g. an order's lines. Absent: rows are scoped by their own owner and team.
   */
  readonly accessParent?: string
  /** Records of it may be computed from fields of other records, and then tell of these. */
  readonly computedFrom?: ComputedFromMetadata
  /** Records of it are made by the system, too, which knows no value for fields that others demand. */
  readonly systemMade?: boolean
  /** Further members that its GraphQL type has by hand-written resolvers (`User.roles`); no field or list can have their names. */
  readonly members?: readonly string[]
  readonly fields: readonly FieldMetadata[]
}
