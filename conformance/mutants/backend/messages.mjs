// Messages from user to user (section 4): stored, then acknowledged and
// delivered; and replayed to those who were away.
import { setTimeout as sleep } from 'node:timers/promises'
import { tellFailure } from './failure.mjs'
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
  store.onMessage = (message) => {
    io.to(userRoom(message.to)).except(REPLAYING).emit('new_message', newMessage(message))
  }
}

export function messageHandlers({ store }) {
  return {
    async send_message(socket, { to, content, type, clientOffset }) {
      const from = socket.data.user.userId
      const { message, duplicate } = await store.addMessage({ from, to, content, type, clientOffset })
      const answer = { success: true, messageId: message.id, timestamp: message.timestamp }
      return duplicate ? { ...answer, duplicate: true } : answer
    },

    async user_action(socket, { action, data }) {
      const { id } = await store.addAction({ userId: socket.data.user.userId, action, data, socketId: socket.id })
      return { success: true, actionId: id }
    },
  }
}

/**
 * Sends what the client has missed since auth.serverOffset. Until that is done its
 * live messages come out of the store too, so that none is ahead, double or missing.
 */
export async function replay(socket, { store, limits }) {
  const { serverOffset } = socket.handshake.auth
  if (serverOffset === undefined) return
  try {
    check(validateOffset, { serverOffset })
  } catch (failure) {
    return tellFailure(socket, 'connect', failure)
  }
  let missed = store.messagesAfter(socket.data.user.userId, serverOffset)
  if (missed.length > limits.replay) {
    socket.emit('error', { message: 'More messages were missed than are replayed, the rest is at GET /api/messages', code: 'REPLAY_TRUNCATED' })
    missed = missed.slice(-limits.replay)
  }
  await sendPaced(socket, store, missed)
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

function newMessage({ id, from, content, type, timestamp }) {
  return { id, from, content, type, timestamp }
}
