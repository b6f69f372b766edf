export { ERROR_CODES, type ErrorCode, type ErrorCodeInfo } from './codes.ts'
export { DefectError, GuanxiError, type Issue, notFound, StartupError, validationFailed } from './guanxi-error.ts'
