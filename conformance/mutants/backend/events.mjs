// Client events (section 4): each is counted, then handled in the order in which
// the socket sent it, and answered exactly once.
import { Failure, MESSAGES, cut, tellFailure } from './failure.mjs'
import { log } from './log.mjs'
import { messageHandlers } from './messages.mjs'
import { roomHandlers } from './rooms.mjs'
import { payloadOf } from './validation.mjs'

/** Listens to all events of a socket. context: {io, limits, presence, store, metrics}. */
export function handleEvents(socket, context) {
  const handlers = { ping, ...roomHandlers(context), ...messageHandlers(context) }
  socket.data.tail = Promise.resolve() // ends when all events so far are handled
  let told // the window in which the client was last told of the limit

  // A middleware that never goes on: it sees every event, whatever its name.
  socket.use(([event, ...args]) => {
    // A packet without an event's name is malformed; the library lets it through.
    if (event === undefined) return void socket.disconnect(true)
    const ack = typeof args.at(-1) === 'function' ? args.pop() : undefined
    context.presence.seen(socket)
    context.metrics.count('messages')
    const taken = socket.data.window.take()
    if (taken.abuse) return void socket.disconnect(true)
    if (taken.allowed) {
      socket.data.tail = socket.data.tail.then(() => handle(socket, event, args, ack))
      return
    }
    if (ack) return tellFailure(socket, event, new Failure('RATE_LIMITED'), ack)
    if (told === taken.window) return
    told = taken.window
    const { events: limit, windowMs } = context.limits
    socket.emit('rate_limit_exceeded', { message: MESSAGES.RATE_LIMITED, limit, windowMs, retryAfterMs: taken.retryAfterMs })
  })

  async function handle(socket, event, args, ack) {
    try {
      if (!Object.hasOwn(handlers, event)) throw new Failure('UNKNOWN_EVENT', `Unknown event: ${cut(event)}`)
      const answer = await handlers[event](socket, payloadOf(event, args))
      ack?.(answer)
    } catch (err) {
      context.metrics.count('errors')
      if (!(err instanceof Failure)) log('error', 'event failed', { event: cut(event), socketId: socket.id, cause: String(err?.stack ?? err) })
      tellFailure(socket, event, err instanceof Failure ? err : new Failure('EVENT_ERROR'), ack)
    }
  }
}

function ping(socket) {
  socket.emit('pong', { timestamp: Date.now() })
  return { success: true }
}
