import { graphql, useLazyLoadQuery } from 'react-relay'
import type { accountsPageQuery } from '../__generated__/accountsPageQuery.graphql'
import { AccountList } from './account-list'

/** One query for the whole page, put together out of the fragments of its parts. */
export function AccountsPage() {
  const data = useLazyLoadQuery<accountsPageQuery>(
    graphql`
      query accountsPageQuery {
        ...accountList
        ...newOpportunity_stages
      }
    `,
    {},
  )
  return (
    <main>
      <h1>Accounts</h1>
      <AccountList query={data} stages={data} />
    </main>
  )
}
