// Presence (section 5): one entry a user, however many sockets the user has.
import { userRoom } from './rooms.mjs'

export class Presence {
  #io
  #limits
  #users = new Map() // user id → {sockets: Map of socket → connectedAt, the newest last; lastSeen}

  constructor(io, limits) {
    this.#io = io
    this.#limits = limits
  }

  /** A socket has connected: tells the others, the socket itself, and the oldest one where there are too many. */
  add(socket) {
    const { userId } = socket.data.user
    const now = new Date()
    const first = !this.#users.has(userId)
    if (first) this.#users.set(userId, { sockets: new Map(), lastSeen: now })
    const user = this.#users.get(userId)
    user.sockets.set(socket, now)
    user.lastSeen = now
    socket.emit('online_users', this.online().slice(0, this.#limits.onlineUsers))
    if (first) {
      this.#io.to('all_users').except(userRoom(userId)).emit('user_online', { userId, userInfo: this.info(userId) })
    }
    if (user.sockets.size > this.#limits.userConnections) {
      const [oldest] = user.sockets.keys()
      oldest.disconnect(true)
    }
  }

  /** A socket is gone; the user is when it was the last one. */
  remove(socket) {
    const { userId } = socket.data.user
    const user = this.#users.get(userId)
    user.sockets.delete(socket)
    if (user.sockets.size > 0) return
    this.#users.delete(userId)
    this.#io.to('all_users').emit('user_offline', { userId })
  }

  /** Any event of any of the user's sockets. */
  seen({ data: { user } }) {
    const entry = this.#users.get(user.userId)
    if (entry) entry.lastSeen = new Date()
  }

  /** The userInfo of a user, undefined where the user is offline. */
  info(userId) {
    const user = this.#users.get(userId)
    if (!user) return undefined
    const [newest, connectedAt] = [...user.sockets].at(-1)
    const { role, department } = newest.data.user
    return {
      id: userId,
      socketId: newest.id,
      connectedAt: connectedAt.toISOString(),
      lastSeen: user.lastSeen.toISOString(),
      role,
      department,
      connections: user.sockets.size,
    }
  }

  /** All users who are online, the newest connectedAt first. */
  online() {
    const infos = [...this.#users.keys()].map((userId) => this.info(userId))
    return infos.sort((a, b) => (a.connectedAt < b.connectedAt ? 1 : a.connectedAt > b.connectedAt ? -1 : 0))
  }
}
