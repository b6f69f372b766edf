/** Documents, their limits and plans, idempotency. */
export const GRAPHQL: Readonly<Record<string, string>> = {
  'The document has no such operation, or several and operationName names none.': '文档中没有这样的操作，或有多个操作而 operationName 未指明。',
  'Subscriptions are sent over WebSocket as subscribe messages.': '订阅须通过 WebSocket 以 subscribe 消息发送。',
  'The document has no such operation.': '文档中没有这样的操作。',
  'Sign in first: send an access token or API key in connectionParams.authorization.':
    '请先登录：在 connectionParams.authorization 中发送访问令牌或 API 密钥。',
  'Sign in first: send `Authorization: Bearer <access token or API key>` (over WebSocket connectionParams.authorization). Without it a document may hold signIn and refreshSession, with plain fields of the user.':
    '请先登录：发送 `Authorization: Bearer <访问令牌或 API 密钥>`（WebSocket 使用 connectionParams.authorization）。未登录时，文档只能包含 signIn 和 refreshSession，以及用户的普通字段。',
  'Sign in to read the schema.': '请先登录，再读取 schema。',
  'The database has no epoch row; run the migrations.': '数据库中没有纪元行；请执行迁移。',
  'An internal error occurred. Report the request id.': '发生内部错误。请报告 requestId。',
  'An Idempotency-Key has 1 to 255 printable ASCII characters.': 'Idempotency-Key 须为 1 至 255 个可打印的 ASCII 字符。',
  'This Idempotency-Key was used before, with another operation or other variables. Use a new key.':
    '此 Idempotency-Key 之前已用于其他操作或其他变量。请使用新的键。',
  'The operation was carried out when this Idempotency-Key was used first. What you may read has changed since then, so that its answer is not shown again.':
    '该操作已在首次使用此 Idempotency-Key 时执行。您可读取的内容此后发生了变化，因此不再显示其结果。',
  '{0} takes no Idempotency-Key here: answers that hold a secret are shown once and not kept, and none are kept for callers who are not signed in.':
    '{0} 在此不接受 Idempotency-Key：含有机密的结果只显示一次，不会保留；未登录的调用方的结果也不会保留。',
  'The same Idempotency-Key is being processed. Wait and send it again.': '同一 Idempotency-Key 正在处理中。请稍候再重新发送。',
  '{0} and {1} are names of one field; give one of them.': '{0} 和 {1} 是同一字段的名称；请只使用其中一个。',
  'Sign in first: send an access token or API key as "Authorization: Bearer …".': '请先登录：以 "Authorization: Bearer …" 发送访问令牌或 API 密钥。',
  'There are more than {0} groups. Narrow the filter, or ask for the first N with an order.': '分组超过 {0} 个。请缩小筛选范围，或按某一排序请求前 N 个。',
  'Your roles do not show {0}.{1} of every record.': '您的角色无权查看部分记录的 {0}.{1}。',
  'Your roles do not show {0}.{1} in full.': '您的角色无权查看 {0}.{1} 的完整内容。',
  'Your roles do not show {0}.{1}.': '您的角色无权查看 {0}.{1}。',
  'nodes takes at most 500 ids; {0} were given.': 'nodes 最多接受 500 个 id；当前给出 {0} 个。',
  'The schema has changed and no longer fits the document: {0} Fetch the schema again.': 'schema 已更改，此文档不再符合：{0} 请重新获取 schema。',
  'This is no subscription.': '这不是订阅。',
  'The subscription could not be opened.': '无法打开订阅。',
  'dryRun must be given to all mutations of an operation or to none: they are one transaction.':
    '在一个操作中，dryRun 须在所有变更操作上都指定，或都不指定：它们属于同一事务。',
  '{0} is no record mutation and must stand alone in its operation.': '{0} 不是记录的变更操作，在其操作中须单独使用。',
  'The operation nests fields {0} levels deep; {1} are allowed.': '该操作的字段嵌套了 {0} 层；最多允许 {1} 层。',
  'The document has {0} aliases; {1} are allowed. Ask in several requests.': '该文档有 {0} 个别名；最多允许 {1} 个。请分多次请求。',
  'The operation has {0} root fields; {1} are allowed. Ask in several requests.': '该操作有 {0} 个根字段；最多允许 {1} 个。请分多次请求。',
  '{0} directives stand at one place of the document; {1} are allowed.': '文档的同一位置有 {0} 个指令；最多允许 {1} 个。',
  'With its fragments written out the operation selects {0} records, lists and composite values; {1} are allowed. Ask in several requests.':
    '片段展开后，该操作选取了 {0} 个记录、列表和复合值；最多允许 {1} 个。请分多次请求。',
  'The lists of the operation may bring {0} records; {1} are allowed. Ask for smaller pages by `first`, or for lists inside of lists in several requests.':
    '该操作的列表可能返回 {0} 条记录；最多允许 {1} 条。请用 `first` 请求较小的分页，或将列表中的列表分多次请求。',
  'more than {0}': '超过 {0}',
  'Variables may nest {0} levels deep.': '变量最多可嵌套 {0} 层。',
  '{0} holds a null where none is allowed.': '{0} 在不允许为 null 的位置含有 null。',
  'groupBy names {0} twice.': 'groupBy 重复指定了 {0}。',
  'groupBy takes {{0}: true}; leave the key out instead of false.': 'groupBy 须写作 {{0}: true}；如不需要，请省略该键，不要使用 false。',
  'groupBy has no key {0}.': 'groupBy 没有第 {0} 个键。',
  'The filters have more than {0} conditions. Ask for many values of one field with "in".': '筛选条件超过 {0} 个。如需匹配同一字段的多个值，请使用 "in"。',
  'The filters look into related records more than {0} times. Put conditions on one relation together.':
    '筛选条件查看相关记录超过 {0} 次。请将同一关联的条件合并。',
  'Give first or last, not both.': '请在 first 与 last 中只指定一个。',
  '{0} must be at least 1; {1} was asked.': '{0} 至少为 1；请求值为 {1}。',
  '{0} may be at most {1}; {2} was asked. Page with after or before.': '{0} 最多为 {1}；请求值为 {2}。请用 after 或 before 翻页。',
  'orderBy and groupBy take at most {0} keys; {1} were given.': 'orderBy 和 groupBy 最多接受 {0} 个键；当前给出 {1} 个。',
  'Your roles do not allow reading {0}.': '您的角色不允许读取 {0}。',
  'No rule allows this.': '没有规则允许此操作。',
  'Your roles do not allow {0} on {1}.': '您的角色不允许对 {1} 执行 {0}。',
  'The document or its variables do not fit the schema:': '文档或其变量不符合 schema：',
}
