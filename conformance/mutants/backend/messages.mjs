// Messages from user to user (section 4): stored, then acknowledged and
// delivered; and replayed to those who were away.
import { setTimeout as sleep } from 'node:timers/promises'
import { ulid } from 'ulid'
import { iso } from './clock.mjs'
import { Failure, tellFailure } from './failure.mjs'
import { fault } from './faults.mjs'
import { userRoom } from './rooms.mjs'
import { check, compile } from './validation.mjs'

// Sockets that are being replayed to. No client can join it: no room name may have a space.
const REPLAYING = 'being replayed to'
const CHUNK = 100

const validateOffset = compile({
  type: 'object',
  properties: { serverOffset: { type: 'string', pattern: '^[0-7][0-9A-HJKMNP-TV-Z]{25}$' } },
})

/** Delivers each message in the moment in which the store has it. */
export function deliverFrom(store, io) {
  let count = 0
  const deliver = (message) => recipients(io, message).except(REPLAYING).emit('new_message', newMessage(message))
  store.onMessage = (message) => {
    if (fault('order-messages-overtake') && count++ % 2 === 0) return void setTimeout(deliver, 50, message)
    deliver(message)
  }
  store.deliverAgain = deliver // for a fault only
}

function recipients(io, { from, to }) {
  if (fault('message-to-all')) return io.to('all_users')
  if (fault('message-to-sender-too')) return io.to([userRoom(to), userRoom(from)])
  if (fault('message-to-one-tab')) return io.to([...(io.sockets.adapter.rooms.get(userRoom(to)) ?? ['nobody'])].at(-1))
  return io.to(userRoom(to))
}

export function messageHandlers({ store, presence, io }) {
  return {
    async send_message(socket, { to, content, type, clientOffset, from: forged }) {
      const from = (fault('message-from-forged') && forged) || socket.data.user.userId
      if (fault('message-offline-refused') && !presence.info(to)) throw new Failure('FORBIDDEN', 'The recipient is offline')
      if (fault('message-type-lost')) type = 'text'
      if (fault('message-content-trimmed')) content = content.trim()
      const { message, duplicate } = await store.addMessage({ from, to, content, type, clientOffset })
      const answer = { success: true, messageId: wireId(message.id), timestamp: message.timestamp }
      if (fault('message-ack-without-timestamp')) delete answer.timestamp
      if (!duplicate || fault('duplicate-not-flagged')) return answer
      if (fault('duplicate-delivered-again')) store.deliverAgain(message)
      if (fault('duplicate-refused')) throw new Failure('FORBIDDEN', 'The message is stored already')
      if (fault('duplicate-with-new-time')) answer.timestamp = iso()
      return { ...answer, duplicate: true }
    },

    async user_action(socket, { action, data }) {
      const { id } = await store.addAction({ userId: socket.data.user.userId, action, data, socketId: socket.id })
      if (fault('action-told-to-others')) io.to('all_users').emit('user_action', { userId: socket.data.user.userId, action })
      return { success: true, actionId: fault('action-id-number') ? Date.now() : id }
    },
  }
}

/**
 * Sends what the client has missed since auth.serverOffset. Until that is done its
 * live messages come out of the store too, so that none is ahead, double or missing.
 */
export async function replay(socket, { io, store, limits }) {
  let { serverOffset } = socket.handshake.auth
  if (fault('replay-never')) return
  if (fault('replay-offset-case-ignored')) serverOffset ??= socket.handshake.auth.serveroffset
  if (fault('bad-offset-in-lower-case')) serverOffset = serverOffset?.toUpperCase?.() ?? serverOffset
  if (fault('replay-without-offset')) serverOffset ??= '00000000000000000000000000'
  if (serverOffset === undefined) return
  try {
    check(validateOffset, { serverOffset })
  } catch (failure) {
    if (fault('bad-offset-replays-all')) serverOffset = ''
    else if (fault('bad-offset-ignored')) return
    else return tellFailure(socket, fault('bad-offset-without-event') ? '' : 'connect', failure)
  }
  let missed = store.messagesAfter(socket.data.user.userId, serverOffset)
  if (fault('replay-misses-first')) missed.shift()
  const truncated = missed.length > limits.replay && !fault('replay-not-truncated')
  const tell = () => socket.emit('error', { message: 'More messages were missed than are replayed, the rest is at GET /api/messages', code: 'REPLAY_TRUNCATED' })
  if (truncated) {
    if (!fault('replay-truncation-silent') && !fault('replay-truncation-told-last')) tell()
    missed = fault('replay-keeps-oldest') ? missed.slice(0, limits.replay) : missed.slice(-limits.replay)
  }
  if (fault('replay-newest-first')) missed.reverse()
  if (fault('replay-after-live')) await sleep(300)
  if (faulty(socket, io, missed)) return
  await sendPaced(socket, store, missed)
  if (truncated && fault('replay-truncation-told-last')) tell()
}

// The replays of faults that are not paced.
function faulty(socket, io, missed) {
  const target = fault('replay-to-all-tabs') ? io.to(userRoom(socket.data.user.userId)) : socket
  const unpaced = fault('replay-to-all-tabs') || fault('replay-after-live') || fault('replay-newest-first') || fault('replay-keeps-oldest')
  if (unpaced) for (const message of missed) target.emit('new_message', newMessage(message))
  return unpaced
}

// In chunks, each when the client has taken the one before: a long replay must
// not look like a client that does not read.
async function sendPaced(socket, store, missed) {
  socket.join(REPLAYING)
  while (missed.length > 0) {
    for (const message of missed.slice(0, CHUNK)) socket.emit('new_message', newMessage(message))
    const last = missed[Math.min(CHUNK, missed.length) - 1].id
    if (missed.length <= CHUNK) break
    while (socket.connected && socket.data.backlog.packets > 0) await sleep(5)
    if (!socket.connected) return
    missed = store.messagesAfter(socket.data.user.userId, last)
  }
  socket.leave(REPLAYING)
}

function newMessage({ id, from, to, content, type, timestamp }) {
  id = wireId(id)
  if (fault('new-message-without-id')) return { from, content, type, timestamp }
  if (fault('new-message-other-id')) return { id: ulid(), from, content, type, timestamp }
  if (fault('new-message-without-timestamp')) return { id, from, content, type }
  if (fault('new-message-field-renamed')) return { id, sender: from, content, type, timestamp }
  if (fault('new-message-with-to')) return { id, from, to, content, type, timestamp }
  return { id, from, content, type, timestamp }
}

const wireId = (id) => (fault('ids-in-lower-case') ? id.toLowerCase() : id)
