import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

/**
 * The limit: what Node and PostgreSQL can do when nothing stands between them. One named prepared statement a request, written by hand for
 * this one question and this one reader, gives the answer's JSON text; nothing parses, validates, authorizes or plans. The rows are those of the
 * manager, by the keys of the owners given. Arguments: database URL, connections, owner keys. Prints its port.
 */
const [, , url, connections, keys = ''] = process.argv
const OWNERS = keys.split(',')

const at = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const visible = (alias: string, parameter: string) => `${alias}.deleted_at IS NULL AND ${alias}.scope_id = ANY (${parameter}::uuid[])`
const newest = (alias: string) => `ORDER BY ${alias}.created_at DESC, ${alias}.id DESC`
const FIELDS = `c.id, c.version, c.name, c.given_name AS "givenName", c.family_name AS "familyName", c.email, c.job_title AS "jobTitle", c.department,
  c.decision_role AS "decisionRole", c.language, ${at('c.created_at')} AS "createdAt", ${at('c.updated_at')} AS "updatedAt"`

const CONTACTS = `WITH page AS MATERIALIZED (
    SELECT c.id, c.version, c.name, c.given_name, c.family_name, c.email, c.job_title, c.department, c.decision_role, c.language, c.created_at, c.updated_at,
      c.account_id, c.owner_id
    FROM contacts c WHERE ${visible('c', '$1')} ${newest('c')} LIMIT 51)
  SELECT row_to_json(r)::text AS json FROM (SELECT (SELECT contacts FROM (SELECT
    ARRAY(SELECT n FROM (SELECT ${FIELDS}, account, owner FROM (SELECT * FROM page LIMIT 50) c
      LEFT JOIN LATERAL (SELECT a.id, a.name FROM accounts a WHERE a.id = c.account_id AND ${visible('a', '$1')}) account ON TRUE
      LEFT JOIN LATERAL (SELECT u.id, u.name FROM users u WHERE u.id = c.owner_id AND u.deleted_at IS NULL) owner ON TRUE
      ${newest('c')}) n) AS nodes,
    (SELECT p FROM (SELECT count(*) > 50 AS "hasNextPage",
      translate(encode(convert_to(json_build_array((array_agg(created_at))[least(50, count(*))]::text, (array_agg(id))[least(50, count(*))])::text, 'UTF8'), 'base64'), E'\\n', '')
        AS "endCursor" FROM page) p) AS "pageInfo") contacts) AS contacts) r`

const ACCOUNTS = `SELECT row_to_json(r)::text AS json FROM (SELECT (SELECT accounts FROM (SELECT ARRAY(SELECT n FROM (
    SELECT a.id, a.name, a.type, (SELECT contacts FROM (SELECT ARRAY(SELECT n FROM (
      SELECT c.id, c.name, c.job_title AS "jobTitle", (SELECT activities FROM (SELECT ARRAY(SELECT n FROM (
        SELECT v.id, v.type, v.subject, ${at('v.started_at')} AS "startedAt" FROM activities v WHERE v.contact_id = c.id AND ${visible('v', '$1')} ${newest('v')} LIMIT 3
      ) n) AS nodes) activities) AS activities
      FROM contacts c WHERE c.account_id = a.id AND ${visible('c', '$1')} ${newest('c')} LIMIT 10
    ) n) AS nodes) contacts) AS contacts
    FROM accounts a WHERE ${visible('a', '$1')} ${newest('a')} LIMIT 20
  ) n) AS nodes) accounts) AS accounts) r`

const CONTACT = `SELECT row_to_json(r)::text AS json FROM (SELECT (SELECT n FROM (SELECT ${FIELDS} FROM contacts c WHERE c.id = $2 AND ${visible('c', '$1')}) n) AS contact) r`

const STATEMENTS: Readonly<Record<string, { readonly name: string; readonly text: string }>> = {
  contacts: { name: 'contacts', text: CONTACTS },
  accounts: { name: 'accounts', text: ACCOUNTS },
  contact: { name: 'contact', text: CONTACT },
}

const pool = new pg.Pool({
  connectionString: url,
  max: Number(connections),
  application_name: 'bench limit',
  options: '-c jit=off -c plan_cache_mode=force_generic_plan -c TimeZone=UTC',
})

const server = createServer((request, response) => {
  const [, question = '', id] = (request.url ?? '').split('/')
  const statement = STATEMENTS[question]
  if (!statement) return void response.writeHead(404).end()
  pool.query<{ json: string }>({ ...statement, values: id === undefined ? [OWNERS] : [OWNERS, id] }).then(
    ({ rows }) => {
      const body = `{"data":${rows[0]?.json}}`
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body)
    },
    (error: Error) => response.writeHead(500).end(error.message),
  )
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`))
process.on('SIGTERM', () => process.exit(0))
