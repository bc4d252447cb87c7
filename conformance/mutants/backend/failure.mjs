// Failures (section 6): the closed table of codes, and how a client hears of one.

export const MESSAGES = {
  VALIDATION_ERROR: 'Payload is not valid',
  LIMIT_EXCEEDED: 'Room limit reached',
  FORBIDDEN: 'Not allowed',
  RATE_LIMITED: 'Too many requests, please slow down',
  UNKNOWN_EVENT: 'Unknown event',
  STORE_UNAVAILABLE: 'Message could not be stored',
  EVENT_ERROR: 'Event processing failed',
  SOCKET_ERROR: 'An error occurred',
}

/** A failure that the client is told of; anything else that is thrown is an EVENT_ERROR. */
export class Failure extends Error {
  constructor(code, message = MESSAGES[code], details = undefined) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** Answers the acknowledgement or, where none was asked for, sends the event error. */
export function tellFailure(socket, event, { code, message, details }, ack) {
  if (ack) return ack({ success: false, error: message, code, details })
  socket.emit('error', { message, code, event: cut(event), details })
}

/** An event's name as it may be repeated to the client: at most 64 characters. */
export function cut(name) {
  const characters = [...String(name)]
  return characters.length > 64 ? characters.slice(0, 64).join('') + '…' : String(name)
}
