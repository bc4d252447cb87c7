// Limits (section 7): their numbers, and the three counters that need a clock.

import { fault } from './faults.mjs'

/** All numbers of the contract; each may be overridden by its environment variable. */
export function limitsFrom(env) {
  const number = (name, fallback) => {
    if (env[name] === undefined || env[name] === '') return fallback
    if (!/^[1-9][0-9]{0,9}$/.test(env[name])) throw new Error(`${name}: must be a whole number above 0`)
    return Number(env[name])
  }
  return {
    maxPayloadBytes: fault('payload-limit-ignored') ? 1e8 : fault('payload-limit-halved') ? 50_000 : number('MAX_PAYLOAD_BYTES', 100_000),
    events: number('SOCKET_RATE_LIMIT', 10),
    windowMs: number('SOCKET_RATE_WINDOW_MS', 1000),
    abuseFactor: 10,
    abuseMs: 10_000,
    apiRequests: number('API_RATE_LIMIT', 100),
    apiWindowMs: number('API_RATE_WINDOW_MS', 15 * 60_000),
    rooms: number('ROOM_LIMIT', 100),
    replay: number('REPLAY_LIMIT', 500),
    onlineUsers: number('ONLINE_USERS_LIMIT', 1000),
    userConnections: number('USER_CONNECTION_LIMIT', 20),
    ipConnections: 1000,
    waitingBytes: 1_048_576,
    waitingPackets: 1000,
    bodyBytes: 64 * 1024,
    dataBytes: 16 * 1024,
  }
}

/** The fixed window of one socket's events: it opens with the first event after the last one closed. */
export class EventWindow {
  #limits
  #opened = -Infinity
  #serial = 0
  #count = 0
  #abusedSince = null

  constructor(limits) {
    this.#limits = limits
  }

  /** Counts one event. `first` marks the first event beyond the limit in its window. */
  take(now = performance.now()) {
    const { events, windowMs, abuseFactor, abuseMs } = this.#limits
    if (now - this.#opened >= windowMs) this.#open(now)
    if (fault('limit-window-slides')) this.#opened = now
    this.#count++
    if (this.#count === events * abuseFactor) this.#abusedSince ??= this.#opened
    const retryAfterMs = Math.max(0, Math.ceil(this.#opened + windowMs - now))
    return {
      allowed: this.#count <= events + (fault('limit-off-by-one') ? 1 : 0),
      abuse: !fault('limit-abuse-endless') && this.#abusedSince !== null && now - this.#abusedSince >= abuseMs,
      retryAfterMs,
      window: this.#serial,
    }
  }

  /** Takes the last event back. */
  giveBack() {
    this.#count--
  }

  // Abuse goes on only while every window is full, one right after the other.
  #open(now) {
    const { events, windowMs, abuseFactor } = this.#limits
    const kept = this.#count >= events * abuseFactor && now - this.#opened < 2 * windowMs
    if (!kept) this.#abusedSince = null
    this.#opened = now
    this.#serial++
    this.#count = 0
  }
}

/** Requests to /api by address, in fixed windows. */
export class RequestWindows {
  #limits
  #windows = new Map()

  constructor(limits) {
    this.#limits = limits
  }

  take(address, now = Date.now()) {
    const { apiRequests, apiWindowMs } = this.#limits
    let window = this.#windows.get(address)
    if (!window || now >= window.closes) {
      for (const [key, { closes }] of this.#windows) if (now >= closes) this.#windows.delete(key)
      window = { count: 0, closes: now + apiWindowMs }
      this.#windows.set(address, window)
    }
    window.count++
    return {
      allowed: window.count <= apiRequests || fault('api-limit-ignored'),
      limit: apiRequests,
      remaining: Math.max(0, apiRequests - window.count),
      resetSeconds: Math.ceil((window.closes - now) / 1000),
    }
  }
}

/**
 * What waits for one client that does not read: in the engine's buffer, and in
 * flight to the kernel or to the next poll. Calls onFull when it is too much.
 */
export class Backlog {
  #conn
  #buffered = { packets: 0, bytes: 0 }
  #flying = { packets: 0, bytes: 0 }

  constructor(conn, limits, onFull) {
    this.#conn = conn
    conn.on('packetCreate', ({ data }) => {
      this.#buffered.packets++
      this.#buffered.bytes += data === undefined ? 0 : Buffer.byteLength(data)
      if (fault('slow-reader-kept')) return
      if (this.packets > limits.waitingPackets || this.bytes > limits.waitingBytes) onFull()
    })
    conn.on('flush', () => {
      this.#flying = this.#buffered
      this.#buffered = { packets: 0, bytes: 0 }
    })
  }

  get packets() {
    return this.#buffered.packets + this.#inFlight.packets
  }

  get bytes() {
    return this.#buffered.bytes + this.#inFlight.bytes
  }

  // A transport that can be written to again has sent all that it was given.
  get #inFlight() {
    return this.#conn.transport.writable ? { packets: 0, bytes: 0 } : this.#flying
  }
}
