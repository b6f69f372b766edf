import { type FormEvent, useState } from 'react'
import { graphql, useFragment, useMutation } from 'react-relay'
import type { newOpportunity_stages$key } from '../__generated__/newOpportunity_stages.graphql'
import type { newOpportunityMutation } from '../__generated__/newOpportunityMutation.graphql'

interface Props {
  readonly accountId: string
  /** Id of the connection in the store, which the new edge goes into. */
  readonly connection: string
  readonly stages: newOpportunity_stages$key
}

/** Makes an opportunity, which stands at the head of its account's list at once. */
export function NewOpportunity({ accountId, connection, stages }: Props) {
  const { stages: choices } = useFragment(
    graphql`
      fragment newOpportunity_stages on Query {
        stages(first: 20, filter: { category: { eq: "open" } }, orderBy: [{ position: ASC }]) {
          nodes {
            id
            name
          }
        }
      }
    `,
    stages,
  )
  // Payloads hold the record and not an edge: `@prependNode` makes the edge. `@deleteEdge` takes one away by the `id` of a delete's payload.
  const [commit, isSaving] = useMutation<newOpportunityMutation>(graphql`
    mutation newOpportunityMutation($input: CreateOpportunityInput!, $connections: [ID!]!) {
      createOpportunity(input: $input) {
        opportunity @prependNode(connections: $connections, edgeTypeName: "OpportunityEdge") {
          id
          ...opportunityRow
        }
      }
    }
  `)
  const [problem, setProblem] = useState<string>()

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    // An empty text is a value; null is none, and refused where one is required.
    const name = String(new FormData(form).get('name')).trim() || null
    const stage = choices?.nodes[0]
    if (!stage) return
    setProblem(undefined)
    commit({
      variables: { input: { name, account: { id: accountId }, stage: { id: stage.id } }, connections: [connection] },
      optimisticResponse: {
        createOpportunity: {
          opportunity: { id: `client:new:${accountId}`, version: 0, name: `${name ?? ''} (saving)`, nextStep: null, stage, amount: null },
        },
      },
      onCompleted: () => form.reset(),
      onError: ({ message }) => setProblem(message),
    })
  }

  return (
    <form className="bar" onSubmit={submit}>
      <label>
        New opportunity
        <input name="name" aria-invalid={problem !== undefined} />
      </label>
      <button type="submit" disabled={isSaving}>
        Add
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}
