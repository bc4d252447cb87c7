// Rooms (section 3): those of the server, and those of the clients' own choice.
import { Failure } from './failure.mjs'

export const userRoom = (userId) => `user_${userId}`
export const departmentRoom = (department) => `department_${department}`

/** Joins the rooms that the socket's user is entitled to. */
export function joinOwnRooms(socket) {
  const { userId, role, department } = socket.data.user
  socket.join([userRoom(userId), 'all_users'])
  if (role === 'admin') socket.join('admins')
  if (role === 'moderator') socket.join('moderators')
  if (department) socket.join(departmentRoom(department))
}

export function roomHandlers({ io, limits }) {
  return {
    join_room(socket, { room }) {
      const chosen = socket.data.rooms
      if (isSocketId(io, room)) throw forbidden('join', room)
      // Joining again what the socket is in changes nothing, also for a room of the server.
      if (socket.rooms.has(room)) return { success: true, room }
      if (isReserved(room)) throw forbidden('join', room)
      if (chosen.size >= limits.rooms) throw new Failure('LIMIT_EXCEEDED')
      chosen.add(room)
      socket.join(room)
      return { success: true, room }
    },

    leave_room(socket, { room }) {
      if (isReserved(room) || isSocketId(io, room)) throw forbidden('leave', room)
      socket.data.rooms.delete(room)
      socket.leave(room)
      return { success: true, room }
    },
  }
}

function isReserved(room) {
  return ['all_users', 'admins', 'moderators'].includes(room) || room.startsWith('user_') || room.startsWith('department_')
}

// Socket ids are rooms in Socket.IO.
const isSocketId = (io, room) => io.sockets.sockets.has(room)

const forbidden = (verb, room) => new Failure('FORBIDDEN', `Not allowed to ${verb} room ${room}`)
