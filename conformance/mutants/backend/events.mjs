// Client events (section 4): each is counted, then handled in the order in which
// the socket sent it, and answered exactly once.
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, MESSAGES, cut, tellFailure } from './failure.mjs'
import { fault } from './faults.mjs'
import { EventWindow } from './limits.mjs'
import { log } from './log.mjs'
import { messageHandlers } from './messages.mjs'
import { roomHandlers } from './rooms.mjs'
import { payloadOf } from './validation.mjs'

const windows = new Map() // for the faults that share a window

/** Listens to all events of a socket. context: {io, limits, presence, store, metrics}. */
export function handleEvents(socket, context) {
  const handlers = { ping, ...roomHandlers(context), ...messageHandlers(context) }
  socket.data.tail = Promise.resolve() // ends when all events so far are handled
  const window = windowOf(socket, context.limits)
  let odd = 0
  let told // the window in which the client was last told of the limit

  // A middleware that never goes on: it sees every event, whatever its name.
  socket.use(([event, ...args]) => {
    // A packet without an event's name is malformed; the library lets it through.
    if (event === undefined) return void socket.disconnect(true)
    const ack = typeof args.at(-1) === 'function' ? args.pop() : undefined
    context.presence.seen(socket)
    context.metrics.count('messages')
    if (fault('event-named-error-ends-process') && event === 'error') process.exit(1)
    const taken = window.take()
    if (fault('limit-unknown-uncounted') && !Object.hasOwn(handlers, event)) window.giveBack()
    if (fault('limit-invalid-uncounted') && !isValid(event, args)) window.giveBack()
    if (fault('limit-handles-all')) taken.allowed = true
    if (fault('limit-disconnects') && !taken.allowed) return void socket.disconnect(true)
    if (fault('limit-delays') && !taken.allowed) return void setTimeout(() => handle(socket, event, args, ack), taken.retryAfterMs)
    if (taken.abuse) return void socket.disconnect(true)
    if (taken.allowed && fault('order-events-overtake')) {
      return void sleep(odd++ % 2 ? 0 : 40).then(() => handle(socket, event, args, ack))
    }
    if (taken.allowed) {
      socket.data.tail = socket.data.tail.then(() => handle(socket, event, args, ack))
      return
    }
    if (ack && fault('limit-ack-missing')) return
    if (ack) return tellFailure(socket, event, new Failure('RATE_LIMITED'), ack)
    if (told === taken.window && !fault('limit-told-each-time')) return
    if (fault('limit-not-told')) return
    told = taken.window
    const { events: limit, windowMs } = context.limits
    const retryAfterMs = fault('limit-retry-after-seconds') ? taken.retryAfterMs / 1000 : taken.retryAfterMs
    socket.emit('rate_limit_exceeded', { message: MESSAGES.RATE_LIMITED, limit, windowMs, retryAfterMs })
  })

  async function handle(socket, event, args, ack) {
    try {
      if (!Object.hasOwn(handlers, event) && fault('unknown-event-ignored')) return
      if (!Object.hasOwn(handlers, event) && fault('unknown-event-disconnects')) return void socket.disconnect(true)
      if (event === 'error' && !ack && fault('event-named-error-is-socket-error')) throw new Failure('SOCKET_ERROR')
      if (!Object.hasOwn(handlers, event)) throw new Failure('UNKNOWN_EVENT', `Unknown event: ${cut(event)}`)
      const answer = await handlers[event](socket, payloadOf(event, args))
      succeed(ack, event, answer)
    } catch (err) {
      context.metrics.count('errors')
      if (fault('invalid-payload-disconnects') && err.code === 'VALIDATION_ERROR') return void socket.disconnect(true)
      if (!(err instanceof Failure)) log('error', 'event failed', { event: cut(event), socketId: socket.id, cause: String(err?.stack ?? err) })
      tellFailure(socket, event, err instanceof Failure ? err : new Failure('EVENT_ERROR'), ack)
    }
  }
}

function windowOf(socket, limits) {
  const shared = fault('limit-per-process') ? 'all' : fault('limit-per-user') ? socket.data.user.userId : undefined
  if (shared === undefined) return new EventWindow(limits)
  if (!windows.has(shared)) windows.set(shared, new EventWindow(limits))
  return windows.get(shared)
}

// For a fault only.
function isValid(event, args) {
  try {
    payloadOf(event, structuredClone(args))
    return true
  } catch {
    return false
  }
}

function succeed(ack, event, answer) {
  if (!ack) return
  if (fault('ack-never') && event === 'user_action') return
  if (fault('ack-in-array')) return ack([answer])
  if (fault('ack-with-extra-argument')) return ack(answer, null)
  if (fault('ack-success-text')) return ack({ ...answer, success: 'true' })
  if (fault('ack-with-unknown-property')) return ack({ ...answer, ok: true })
  ack(answer)
}

function ping(socket, payload) {
  const timestamp = fault('pong-echoes') ? (payload?.timestamp ?? Date.now()) : Date.now()
  if (fault('pong-in-seconds')) socket.emit('pong', { timestamp: Math.floor(timestamp / 1000) })
  else if (fault('pong-timestamp-text')) socket.emit('pong', { timestamp: String(timestamp) })
  else if (fault('pong-to-everyone')) socket.nsp.emit('pong', { timestamp })
  else if (fault('pong-bare-number')) socket.emit('pong', timestamp)
  else if (!fault('pong-missing-without-payload') || payload !== null) socket.emit('pong', { timestamp })
  return { success: true }
}
