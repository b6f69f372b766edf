import type { Answer, TestClient } from './client.ts'

/** What tests read of a custom field. */
export interface MadeField {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly aliases: readonly string[]
}

export interface FieldAnswer {
  readonly field: MadeField
  readonly schemaVersion: number
  readonly dependents: readonly { readonly kind: string; readonly name: string; readonly detail: string | null; readonly blocking: boolean }[]
}

const PAYLOAD =
  '{ field { id module name type state aliases required unique options { value label retired } } schemaVersion dependents { kind name detail blocking } }'

type Input = Readonly<Record<string, unknown>>

/** Metadata mutations by short names; `data` throws, `send` answers refusals. */
export const METADATA = {
  createField: `mutation Create($input: CreateCustomFieldInput!, $dryRun: Boolean! = false) { answer: createCustomField(input: $input, dryRun: $dryRun) ${PAYLOAD} }`,
  createFields: `mutation Create($input: [CreateCustomFieldInput!]!, $dryRun: Boolean! = false) { answer: createCustomFields(input: $input, dryRun: $dryRun) { fields { id name state } schemaVersion } }`,
  updateField: `mutation Update($id: ID!, $input: UpdateCustomFieldInput!, $dryRun: Boolean! = false) { answer: updateCustomField(id: $id, input: $input, dryRun: $dryRun) ${PAYLOAD} }`,
  deleteField: `mutation Delete($id: ID!, $dryRun: Boolean! = false) { answer: deleteCustomField(id: $id, dryRun: $dryRun) ${PAYLOAD} }`,
  restoreField: `mutation Restore($id: ID!) { answer: restoreCustomField(id: $id) ${PAYLOAD} }`,
  purgeField: `mutation Purge($id: ID!) { answer: purgeCustomField(id: $id) ${PAYLOAD} }`,
  createModule: `mutation Create($input: CreateCustomModuleInput!, $dryRun: Boolean! = false) { answer: createCustomModule(input: $input, dryRun: $dryRun) { module { id name pluralName state nameField } schemaVersion } }`,
  updateModule: `mutation Update($name: String!, $input: UpdateCustomModuleInput!) { answer: updateCustomModule(name: $name, input: $input) { module { name label(locale: "zh-CN") state nameField } } }`,
  deleteModule: `mutation Delete($name: String!, $dryRun: Boolean! = false) { answer: deleteCustomModule(name: $name, dryRun: $dryRun) { module { name state } dependents { kind name detail blocking } } }`,
  restoreModule: `mutation Restore($name: String!) { answer: restoreCustomModule(name: $name) { module { name state } } }`,
  apply: `mutation Apply($input: [ModuleStateInput!]!, $dryRun: Boolean! = false) { answer: applyMetadata(input: $input, dryRun: $dryRun) {
    plan { action module field changes touches { kind name } unconvertible { count examples } issues { path code message } } applied schemaVersion } }`,
} as const

/** Makes a field, which must succeed. */
export async function makeField(client: TestClient, input: Input): Promise<MadeField> {
  return (await client.data(METADATA.createField, { input })).answer.field
}

/** A change of a field, which must succeed. */
export async function changeField(client: TestClient, id: string, input: Input): Promise<FieldAnswer> {
  return (await client.data(METADATA.updateField, { id, input })).answer
}

export function sendField(client: TestClient, operation: keyof typeof METADATA, variables: Input): Promise<Answer> {
  return client.send(METADATA[operation], variables)
}
