export { ERROR_CODES, type ErrorCode, type ErrorCodeInfo } from './codes.ts'
export { DefectError, GuanxiError, type Issue, notFound, StartupError, validationFailed } from './guanxi-error.ts'
export { ISSUE_CODES, type IssueCode } from './issue-codes.ts'
