/**
 * Tells of each statement of this process, whatever connection it takes: `sent` when it was handed to the socket, `answered` when its answer is there.
 * Answers what ends the telling.
 */
import pg from 'pg'

export function watchStatements(tell) {
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (config, ...rest) {
    const text = typeof config === 'string' ? config : config.text
    const answer = query.call(this, config, ...rest)
    tell('sent', text)
    return answer.then(
      (result) => {
        tell('answered', text)
        return result
      },
      (error) => {
        tell('answered', text)
        throw error
      },
    )
  }
  return () => {
    pg.Client.prototype.query = query
  }
}
