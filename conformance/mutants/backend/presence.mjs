// Presence (section 5): one entry a user, however many sockets the user has.
import { iso } from './clock.mjs'
import { fault } from './faults.mjs'
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
    this.#tellOnline(socket)
    if (first || fault('user-online-every-tab')) {
      const others = this.#io.to('all_users').except(fault('user-online-to-own-sockets') ? [] : userRoom(userId))
      const userInfo = fault('user-online-without-info') ? undefined : this.info(userId)
      if (!fault('user-online-missing')) others.emit('user_online', { userId, userInfo })
    }
    if (user.sockets.size > this.#limits.userConnections && !fault('user-connections-unlimited')) {
      const [oldest] = fault('user-connections-newest-refused') ? [socket] : user.sockets.keys()
      oldest.disconnect(true)
    }
  }

  #tellOnline(socket) {
    let users = this.online().slice(0, this.#limits.onlineUsers)
    if (fault('online-users-without-self')) users = users.filter(({ id }) => id !== socket.data.user.userId)
    if (fault('online-users-per-socket')) users = users.flatMap((info) => Array(info.connections).fill(info))
    if (fault('online-users-to-everyone')) return void this.#io.to('all_users').emit('online_users', users)
    socket.emit('online_users', users)
    if (fault('online-users-twice')) socket.emit('online_users', users)
  }

  /** A socket is gone; the user is when it was the last one. */
  remove(socket) {
    const { userId } = socket.data.user
    const user = this.#users.get(userId)
    user.sockets.delete(socket)
    if (user.sockets.size > 0) {
      if (fault('user-offline-any-tab')) this.#io.to('all_users').emit('user_offline', { userId })
      return
    }
    this.#users.delete(userId)
    if (!fault('user-offline-missing')) this.#io.to('all_users').emit('user_offline', { userId })
  }

  /** Any event of any of the user's sockets. */
  seen({ data: { user } }) {
    const entry = this.#users.get(user.userId)
    if (entry && !fault('last-seen-stuck')) entry.lastSeen = new Date()
  }

  /** The userInfo of a user, undefined where the user is offline. */
  info(userId) {
    const user = this.#users.get(userId)
    if (!user) return undefined
    const [newest, connectedAt] = [...user.sockets].at(fault('socket-id-oldest') ? 0 : -1)
    const { role, department } = newest.data.user
    return {
      id: userId,
      socketId: newest.id,
      connectedAt: iso(connectedAt),
      lastSeen: fault('last-seen-number') ? user.lastSeen.getTime() : iso(user.lastSeen),
      role,
      department: fault('user-info-null-department') ? (department ?? null) : department,
      connections: fault('connections-always-one') ? 1 : user.sockets.size,
    }
  }

  /** All users who are online, the newest connectedAt first. */
  online() {
    const infos = [...this.#users.keys()].map((userId) => this.info(userId))
    return infos.sort((a, b) => (a.connectedAt < b.connectedAt ? 1 : a.connectedAt > b.connectedAt ? -1 : 0))
  }
}
