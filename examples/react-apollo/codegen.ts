/** Types of the documents in src/, from a running server: `GUANXI_TOKEN=… npm run codegen`. An administrator's token knows every field; what another role does not see is null in its answers. */
import type { CodegenConfig } from '@graphql-codegen/cli'

const { GUANXI_URL = 'http://127.0.0.1:4000', GUANXI_TOKEN = '' } = process.env

const config: CodegenConfig = {
  overwrite: true,
  schema: [{ [`${GUANXI_URL}/graphql`]: { headers: { Authorization: `Bearer ${GUANXI_TOKEN}` } } }],
  documents: ['src/**/*.{ts,tsx}', '!src/generated/**'],
  generates: {
    'src/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string', Date: 'string', Decimal: 'string', JSON: 'unknown' },
      },
    },
  },
}

export default config
