import { type FormEvent, useState } from 'react'
import { graphql, useFragment, useMutation } from 'react-relay'
import type { opportunityRow$key } from '../__generated__/opportunityRow.graphql'
import type { opportunityRowNextStepMutation } from '../__generated__/opportunityRowNextStepMutation.graphql'

export function OpportunityRow({ opportunity }: { readonly opportunity: opportunityRow$key }) {
  const { id, version, name, stage, amount, nextStep } = useFragment(
    graphql`
      fragment opportunityRow on Opportunity {
        id
        version
        name
        nextStep
        stage {
          name
        }
        amount {
          amount
          currency
        }
      }
    `,
    opportunity,
  )
  const [commit, isSaving] = useMutation<opportunityRowNextStepMutation>(graphql`
    mutation opportunityRowNextStepMutation($id: ID!, $input: UpdateOpportunityInput!, $ifVersion: Int!) {
      updateOpportunity(id: $id, input: $input, ifVersion: $ifVersion, onConflict: MERGE) {
        opportunity {
          ...opportunityRow
        }
      }
    }
  `)
  const [problem, setProblem] = useState<string>()

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const written = String(new FormData(event.currentTarget).get('nextStep')).trim() || null
    setProblem(undefined)
    commit({
      variables: { id, input: { nextStep: written }, ifVersion: version },
      // Shown until the answer is there; where it is a refusal, the former state comes back by itself.
      optimisticResponse: { updateOpportunity: { opportunity: { id, version, name, stage, amount, nextStep: written } } },
      onError: ({ message }) => setProblem(message),
    })
  }

  return (
    <li>
      <strong>{name}</strong> <span className="muted">{[stage?.name, amount && `${amount.amount} ${amount.currency}`].filter(Boolean).join(', ')}</span>
      <form className="bar" key={nextStep} onSubmit={submit}>
        <label>
          Next step<span className="spoken"> of {name}</span>
          <input name="nextStep" defaultValue={nextStep ?? ''} />
        </label>
        <button type="submit" className="plain" disabled={isSaving}>
          Save<span className="spoken"> next step of {name}</span>
        </button>
      </form>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </li>
  )
}
