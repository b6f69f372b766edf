import { type GraphiQLPlugin, useGraphiQL } from '@graphiql/react'
import type { Example } from './examples.ts'

/** The pane beside the editor; a click puts an example into it. */
export function examplesPlugin(examples: readonly Example[]): GraphiQLPlugin {
  return { title: 'Examples', icon: Icon, content: () => <Examples examples={examples} /> }
}

function Examples({ examples }: { readonly examples: readonly Example[] }) {
  const queryEditor = useGraphiQL((state) => state.queryEditor)
  const variableEditor = useGraphiQL((state) => state.variableEditor)
  const show = ({ query, variables }: Example): void => {
    queryEditor?.setValue(query)
    queryEditor?.setScrollPosition({ scrollLeft: 0, scrollTop: 0 })
    variableEditor?.setValue(variables === undefined ? '' : JSON.stringify(variables, null, 2))
  }
  return (
    <section className="guanxi-examples" aria-label="Examples">
      <h2>Examples</h2>
      <ul>
        {examples.map((example) => (
          <li key={example.title}>
            <button type="button" disabled={!queryEditor || !variableEditor} onClick={() => show(example)}>
              {example.title}
              <small>{example.kind}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" role="img" aria-label="Examples">
      <path d="M5 4h14v16l-7-4-7 4z" />
    </svg>
  )
}
