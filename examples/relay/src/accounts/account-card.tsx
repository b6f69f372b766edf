import { graphql, useRefetchableFragment } from 'react-relay'
import type { accountCard$key } from '../__generated__/accountCard.graphql'
import type { accountCardRefetchQuery } from '../__generated__/accountCardRefetchQuery.graphql'
import type { newOpportunity_stages$key } from '../__generated__/newOpportunity_stages.graphql'
import { OpportunityList } from './opportunity-list'

interface Props {
  readonly account: accountCard$key
  readonly stages: newOpportunity_stages$key
}

/** One account with its opportunities. It is read again by `node(id:)`, which every record answers to. */
export function AccountCard({ account, stages }: Props) {
  const [data, refetch] = useRefetchableFragment<accountCardRefetchQuery, accountCard$key>(
    graphql`
      fragment accountCard on Account @refetchable(queryName: "accountCardRefetchQuery") {
        id
        name
        industry
        ...opportunityList
      }
    `,
    account,
  )
  return (
    <section className="card" aria-labelledby={data.id}>
      <div className="bar">
        <h2 id={data.id}>{data.name}</h2>
        <span className="muted">{data.industry}</span>
        <button type="button" className="plain" onClick={() => refetch({}, { fetchPolicy: 'network-only' })}>
          Refresh<span className="spoken"> {data.name}</span>
        </button>
      </div>
      <OpportunityList account={data} stages={stages} />
    </section>
  )
}
