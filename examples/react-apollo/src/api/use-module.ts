import { useQuery } from '@apollo/client/react'
import { graphql } from '../generated'

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

/** A module as the user may use it. A field that is not among `fields` is hidden from the user, and an input that names it is refused. */
export function useModule(name: string) {
  const { data } = useQuery(MODULE, { variables: { name } })
  const fields = new Map((data?.module?.fields ?? []).map((field) => [field.name, field]))
  return { isKnown: data !== undefined, actions: data?.module?.actions ?? [], fields }
}
