/** Subscriptions and the feed of changes. */
export const PUSH: Readonly<Record<string, string>> = {
  'The subscription is read too slowly, and more changes wait than are kept for it. Go on after `cursor`.':
    '订阅读取过慢，等待的更改超过可保留的数量。请从 `cursor` 之后继续。',
  'The access token or API key is not valid any more. Sign in again.': '访问令牌或 API 密钥已失效。请重新登录。',
  'A change could not be read. Go on after `cursor`.': '某项更改无法读取。请从 `cursor` 之后继续。',
  'What you may read has changed without a change of the records. Read the current state, and go on after `cursor`, which was taken before.':
    '在记录未更改的情况下，您可读取的内容发生了变化。请读取当前状态，并从之前取得的 `cursor` 之后继续。',
  'The cursor is ahead of all changes; it was made by another database.': '该游标超前于所有更改；它由另一个数据库生成。',
  'What you may read, or the filter, is not what it was at this cursor. Read the current state, and go on after `cursor`, which was taken before.':
    '您可读取的内容或筛选条件与取得该游标时不同。请读取当前状态，并从之前取得的 `cursor` 之后继续。',
  'Changes since this cursor are kept no longer. Read the current state, and go on after `cursor`, which was taken before.':
    '该游标之后的更改已不再保留。请读取当前状态，并从之前取得的 `cursor` 之后继续。',
  'This is no cursor of changes of this installation. Take one from changeCursor.': '这不是此系统的更改游标。请从 changeCursor 取得。',
  'first must be at least 1.': 'first 至少为 1。',
  'first may be {0} at most; {1} was asked.': 'first 最多为 {0}；请求值为 {1}。',
  'The subscription selects no field; its directives leave out the only one.': '该订阅未选取任何字段；其指令排除了唯一的字段。',
  "The filter of a subscription looks at the record's own fields, and at ids of records that these refer to.":
    '订阅的筛选条件只能查看记录自身的字段，以及其所引用记录的 id。',
  'The subscription does not fit the schema any more.': '该订阅不再符合当前 schema。',
  'What you may read is not what it was when the subscription began. Read the current state, and go on after `cursor`, which was taken before.':
    '您可读取的内容与订阅开始时不同。请读取当前状态，并从之前取得的 `cursor` 之后继续。',
  'Rights or schema keep changing. Subscribe again.': '权限或 schema 持续变化。请重新订阅。',
  'The subscription does not fit what you are shown any more: {0} Fetch the schema, and subscribe after the last cursor.':
    '该订阅不再符合您可见的 schema：{0} 请重新获取 schema，并从最后的游标之后订阅。',
}
