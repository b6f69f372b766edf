import { graphql, usePaginationFragment } from 'react-relay'
import type { accountList$key } from '../__generated__/accountList.graphql'
import type { accountListPageQuery } from '../__generated__/accountListPageQuery.graphql'
import type { newOpportunity_stages$key } from '../__generated__/newOpportunity_stages.graphql'
import { AccountCard } from './account-card'

interface Props {
  readonly query: accountList$key
  readonly stages: newOpportunity_stages$key
}

/** Accounts by their names, page by page. */
export function AccountList({ query, stages }: Props) {
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment<accountListPageQuery, accountList$key>(
    graphql`
      fragment accountList on Query
      @refetchable(queryName: "accountListPageQuery")
      @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }) {
        accounts(first: $count, after: $cursor, orderBy: [{ name: ASC }]) @connection(key: "accountList_accounts") {
          totalCount
          edges {
            node {
              id
              ...accountCard
            }
          }
        }
      }
    `,
    query,
  )
  return (
    <>
      <p role="status">
        {data.accounts?.edges.length} of {data.accounts?.totalCount} accounts
      </p>
      {data.accounts?.edges.map(({ node }) => (
        <AccountCard key={node.id} account={node} stages={stages} />
      ))}
      {hasNext && (
        <button type="button" disabled={isLoadingNext} onClick={() => loadNext(5)}>
          More accounts
        </button>
      )}
    </>
  )
}
