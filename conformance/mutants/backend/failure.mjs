// Failures (section 6): the closed table of codes, and how a client hears of one.

import { fault } from './faults.mjs'

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
  if (fault('failure-code-not-listed') && code === 'VALIDATION_ERROR') code = 'INVALID_PAYLOAD'
  if (fault('failure-details-missing')) details = undefined
  if (fault('failure-message-generic') && code === 'VALIDATION_ERROR') message = MESSAGES.VALIDATION_ERROR
  if (ack && fault('failure-as-event-despite-ack')) socket.emit('error', { message, code, event: cut(event), details })
  if (ack) return ack(failureAck({ message, code, details }))
  if (fault('error-event-missing')) return
  if (fault('error-event-missing-without-payload') && details?.[0].keyword === 'minItems') return
  if (fault('error-event-without-root-details')) details = details?.filter(({ path }) => path)
  if (fault('error-event-other-text') && details) message = `${event}: ${message}`
  const target = fault('error-event-to-everyone') ? socket.nsp : socket
  target.emit('error', { message, code, event: fault('error-event-without-name') ? undefined : cut(event), details })
}

function failureAck({ message, code, details }) {
  if (fault('failure-message-in-message')) return { success: false, message, code, details }
  if (fault('failure-without-success')) return { error: message, code, details }
  if (fault('failure-with-stack')) return { success: false, error: message, code, details, stack: new Error(message).stack }
  return { success: false, error: message, code, details }
}

/** An event's name as it may be repeated to the client: at most 64 characters. */
export function cut(name) {
  const characters = [...String(name)]
  return characters.length > 64 && !fault('unknown-event-name-uncut') ? characters.slice(0, 64).join('') + '…' : String(name)
}
