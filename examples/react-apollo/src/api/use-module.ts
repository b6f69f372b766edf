import { useQuery } from '@apollo/client/react'
import { graphql } from '../generated'
import type { ModuleQuery } from '../generated/graphql'

const MODULE = graphql(`
  query Module($name: String!) {
    module(name: $name) {
      name
      actions
      fields {
        name
        label
        required
        access
        options {
          value
          label
        }
        transitions {
          from
          to
        }
      }
    }
  }
`)

export type ModuleField = NonNullable<ModuleQuery['module']>['fields'][number]

/** What people read for a value of a choice, in the language of the browser. */
export function labelOf(field: ModuleField | undefined, value: string | null | undefined) {
  return field?.options?.find((option) => option.value === value)?.label ?? value
}

/** A module as the user may use it. A field that is not among `fields` is hidden from the user, and an input that names it is refused. */
export function useModule(name: string) {
  const { data } = useQuery(MODULE, { variables: { name } })
  const fields = new Map((data?.module?.fields ?? []).map((field) => [field.name, field]))
  return { isKnown: data !== undefined, actions: data?.module?.actions ?? [], fields }
}
