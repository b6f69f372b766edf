import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql'
import { startTestServer } from '../../testing/index.ts'

/** The whole schema of a throw-away server with this plugin alone, as administrators see it. Throws what stands in the way of the plugin. */
export async function schemaWith(folder: string): Promise<GraphQLSchema> {
  const server = await startTestServer({ plugins: [folder] })
  try {
    return buildClientSchema((await server.as('admin').query(getIntrospectionQuery({ descriptions: false }))) as unknown as IntrospectionQuery)
  } finally {
    await server.close()
  }
}
