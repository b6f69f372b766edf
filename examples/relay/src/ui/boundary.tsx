import { Component, type ReactNode } from 'react'

interface Props {
  readonly children: ReactNode
}

/** Shows what went wrong below, and tries again when it is told to. */
export class Boundary extends Component<Props, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    if (!this.state.error) return this.props.children
    return (
      <main>
        <p className="problem" role="alert">
          {this.state.error.message}
        </p>
        <button type="button" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </main>
    )
  }
}
