// The numbers of GET /api/metrics (section 8). Rates are those of the last whole second.
import { iso } from './clock.mjs'

export class Metrics {
  totalConnections = 0
  activeConnections = 0
  #now = { messages: 0, errors: 0 }
  #last = { messages: 0, errors: 0 }
  #second = 0

  count(what) {
    this.#turn()
    this.#now[what]++
  }

  snapshot() {
    this.#turn()
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
    return {
      totalConnections: this.totalConnections,
      activeConnections: this.activeConnections,
      messagesPerSecond: this.#last.messages,
      errorsPerSecond: this.#last.errors,
      uptime: process.uptime(),
      memory: { rss, heapTotal, heapUsed, external },
      timestamp: iso(),
    }
  }

  #turn() {
    const second = Math.floor(performance.now() / 1000)
    if (second === this.#second) return
    this.#last = second === this.#second + 1 ? this.#now : { messages: 0, errors: 0 }
    this.#now = { messages: 0, errors: 0 }
    this.#second = second
  }
}
