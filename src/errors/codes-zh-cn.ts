import type { ErrorCode } from './codes.ts'

/** What each code means, for the reference in Chinese. */
export const MEANINGS_ZH_CN: Readonly<Record<ErrorCode, string>> = {
  GRAPHQL_PARSE_FAILED: '文档不是有效的 GraphQL 语法。请在所报告的位置更正。',
  GRAPHQL_VALIDATION_FAILED: '文档不符合调用方可见的 schema：名称未知（或对调用方隐藏），或值的类型不正确。',
  UNAUTHENTICATED: '未发送有效的访问令牌或 API 密钥，或凭据错误。请登录或刷新会话。',
  FORBIDDEN: '已识别调用方，但其角色不允许此操作。',
  FORBIDDEN_FIELD: '所选字段对调用方隐藏；在结果中为 null。',
  NOT_FOUND: '没有这样的记录，或调用方无权读取；二者从不加以区分。',
  VALIDATION_FAILED: '输入违反规则。`issues` 列出每一项及其路径、代码和消息；未写入任何内容。',
  VERSION_CONFLICT: '记录自 `ifVersion` 以来已更改。`base`、`yours` 和 `current` 显示差异；请重新读取后再试。',
  DUPLICATE: '另一条记录已使用此唯一值。绝不会透露调用方无权读取的记录。',
  IDEMPOTENCY_IN_PROGRESS: '同一 Idempotency-Key 正在处理中。请稍候再重新发送。',
  IDEMPOTENCY_MISMATCH: '该 Idempotency-Key 之前已用于其他请求体。请使用新的键。',
  CURSOR_INVALID: '游标格式不正确，或属于其他列表、排序或主体。请不带游标重新开始。',
  CURSOR_EXPIRED: '游标早于更改日志的保留期。请读取当前状态并取得新的游标。',
  RESYNC: '数据流无法无缺漏地继续。请读取当前状态并重新订阅。',
  LIMIT_EXCEEDED: '请求超过文档所述的限制；消息中说明限制以及请求的数值。',
  RATE_LIMITED: '请求过多。`retryAfter` 说明须等待的秒数。',
  SCHEMA_CHANGED: 'schema 已更改，文档不再符合。请重新获取 schema。',
  PLUGIN_UNAVAILABLE: '所需的插件发生故障，或不在应答的进程中；未写入任何内容。请重试，或联系管理员。',
  UNAVAILABLE:
    '服务或其数据库目前无法应答；未写入任何内容。请稍候重试。如带有 `outcome: "UNKNOWN"`（以及 `retryable: false`），则数据库在提交过程中断开：重新发送更改之前请先读取。',
  INTERNAL: '我方的缺陷。不透露其他信息；请报告 `requestId`。',
}
