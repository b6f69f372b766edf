import '../typescript.mjs'
import { code, table } from './table.mjs'

/** docs/errors.md out of the error catalogue. */
export async function errorsReference() {
  const { ERROR_CODES } = await import('../../src/errors/codes.ts')
  const { ISSUE_CODES } = await import('../../src/errors/issue-codes.ts')
  const rows = Object.entries(ERROR_CODES).map(([name, { status, retryable, meaning }]) => [code(name), status, retryable ? 'yes' : 'no', meaning])
  const issues = Object.entries(ISSUE_CODES).map(([name, meaning]) => [code(name), meaning])
  return `# Errors

Generated from \`src/errors/codes.ts\` and \`src/errors/issue-codes.ts\` by \`npm run docs\`. What a client does about each code says [handling-errors.md](handling-errors.md). [中文](errors.zh-CN.md)

Every error carries one of these codes in \`extensions.code\`, with \`requestId\` and \`retryable\`. The status applies where the whole
request fails before it is executed; an error of a single field comes with status 200, and so does a document that does not parse or
validate unless the request accepts \`application/graphql-response+json\`. "Retry" means that the same request may
succeed when it is sent again later. \`message\` is for people, in the language of the request ([languages.md](languages.md)); decide by the code.

${table(['code', 'status', 'retry', 'meaning'], rows)}

## Codes of issues

\`VALIDATION_FAILED\`, and \`DUPLICATE\` where it can, list in \`issues\` what is wrong, each with \`path\` (where in the arguments), \`code\` and \`message\`. The
message names the thing, the limit and the way out. Plugins have further codes of their own: [contracts](plugins/contracts.md#codes-of-issues),
[projects](plugins/projects.md#codes-of-issues).

${table(['code', 'meaning'], issues)}
`
}

/** docs/errors.zh-CN.md likewise. */
export async function errorsReferenceInChinese() {
  const { ERROR_CODES } = await import('../../src/errors/codes.ts')
  const { MEANINGS_ZH_CN } = await import('../../src/errors/codes-zh-cn.ts')
  const rows = Object.entries(ERROR_CODES).map(([name, { status, retryable }]) => [code(name), status, retryable ? '是' : '否', MEANINGS_ZH_CN[name]])
  return `# 错误

由 \`npm run docs\` 根据 \`src/errors/codes-zh-cn.ts\` 生成。[English](errors.md)

每个错误都在 \`extensions.code\` 中带有以下代码之一，并带有 \`requestId\` 和 \`retryable\`。状态码适用于整个请求在执行之前即失败的情形；单个字段的错误以状态码 200
返回；除非请求接受 \`application/graphql-response+json\`，无法解析或不符合 schema 的文档也是如此。“可重试”表示稍后重新发送同一请求可能成功。消息所用的语言见 [languages.md](languages.md)。

${table(['代码', '状态码', '可重试', '含义'], rows)}
`
}
