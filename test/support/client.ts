export {
  type Answer,
  type AnsweredError,
  type Connection as TestClient,
  codesOf,
  connect as createTestClient,
  type Issue,
  issuesOf,
  post,
  TRANSPORTS,
  type Transport,
  type Variables,
} from '../../src/testing/connection.ts'
