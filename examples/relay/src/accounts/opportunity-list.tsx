import { graphql, usePaginationFragment } from 'react-relay'
import type { newOpportunity_stages$key } from '../__generated__/newOpportunity_stages.graphql'
import type { opportunityList$key } from '../__generated__/opportunityList.graphql'
import type { opportunityListPageQuery } from '../__generated__/opportunityListPageQuery.graphql'
import { NewOpportunity } from './new-opportunity'
import { OpportunityRow } from './opportunity-row'

interface Props {
  readonly account: opportunityList$key
  readonly stages: newOpportunity_stages$key
}

/** A list within a list: it has pages of its own, which come by `node(id:)` of the account. */
export function OpportunityList({ account, stages }: Props) {
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment<opportunityListPageQuery, opportunityList$key>(
    graphql`
      fragment opportunityList on Account
      @refetchable(queryName: "opportunityListPageQuery")
      @argumentDefinitions(count: { type: "Int", defaultValue: 3 }, cursor: { type: "String" }) {
        id
        opportunities(first: $count, after: $cursor) @connection(key: "opportunityList_opportunities") {
          __id
          edges {
            node {
              id
              ...opportunityRow
            }
          }
        }
      }
    `,
    account,
  )
  return (
    <>
      <ul>
        {data.opportunities?.edges.map(({ node }) => (
          <OpportunityRow key={node.id} opportunity={node} />
        ))}
      </ul>
      {hasNext && (
        <button type="button" className="plain" disabled={isLoadingNext} onClick={() => loadNext(3)}>
          More opportunities
        </button>
      )}
      {data.opportunities && <NewOpportunity accountId={data.id} connection={data.opportunities.__id} stages={stages} />}
    </>
  )
}
