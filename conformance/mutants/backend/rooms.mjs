// Rooms (section 3): those of the server, and those of the clients' own choice.
import { Failure } from './failure.mjs'
import { fault } from './faults.mjs'

export const userRoom = (userId) => `user_${userId}`
export const departmentRoom = (department) => `department_${department}`

/** Joins the rooms that the socket's user is entitled to. */
export function joinOwnRooms(socket) {
  const { userId, role, department } = socket.data.user
  socket.join([userRoom(userId), 'all_users'])
  if (role === 'admin' || (fault('admin-message-to-moderators') && role === 'moderator')) socket.join('admins')
  if (role === 'moderator') socket.join('moderators')
  if (department) socket.join(departmentRoom(department))
}

export function roomHandlers({ io, limits }) {
  return {
    join_room(socket, { room }) {
      const chosen = socket.data.rooms
      if (isSocketId(io, room) && !fault('room-socket-id-joinable')) throw forbidden('join', room)
      if (fault('room-own-refused') && isReserved(room)) throw forbidden('join', room)
      if (fault('room-join-twice-fails') && chosen.has(room)) throw forbidden('join', room)
      if (fault('room-limit-counts-again') && chosen.size >= limits.rooms) throw new Failure('LIMIT_EXCEEDED')
      // Joining again what the socket is in changes nothing, also for a room of the server.
      if (socket.rooms.has(room)) return { success: true, room }
      if (isReserved(room) && !wronglyOpen(room)) throw forbidden('join', room)
      if (chosen.size >= limits.rooms + (fault('room-limit-off-by-one') ? 1 : 0)) {
        throw new Failure(fault('room-limit-code-wrong') ? 'FORBIDDEN' : 'LIMIT_EXCEEDED')
      }
      chosen.add(room)
      if (socket.connected) socket.join(room) // it may have gone while the event waited
      if (fault('room-ack-in-lower-case')) return { success: true, room: room.toLowerCase() }
      return fault('room-ack-without-room') ? { success: true } : { success: true, room }
    },

    leave_room(socket, { room }) {
      const theServers = isReserved(room) || (isSocketId(io, room) && !(fault('room-own-socket-id-leavable') && room === socket.id))
      if (fault('room-not-in-leavable') && !socket.rooms.has(room)) return { success: true, room }
      if (theServers && !fault('room-reserved-leavable')) throw forbidden('leave', room)
      if (fault('room-leave-unknown-fails') && !socket.rooms.has(room)) throw forbidden('leave', room)
      if (!fault('room-left-still-counts')) socket.data.rooms.delete(room)
      socket.leave(room)
      return { success: true, room }
    },
  }
}

function isReserved(room) {
  return ['all_users', 'admins', 'moderators'].includes(room) || room.startsWith('user_') || room.startsWith('department_')
}

function wronglyOpen(room) {
  return (
    (fault('room-admins-joinable') && room === 'admins') ||
    (fault('room-moderators-joinable') && room === 'moderators') ||
    (fault('room-user-joinable') && room.startsWith('user_')) ||
    (fault('room-department-joinable') && room.startsWith('department_'))
  )
}

// Socket ids are rooms in Socket.IO.
const isSocketId = (io, room) => io.sockets.sockets.has(room)

const forbidden = (verb, room) => new Failure('FORBIDDEN', `Not allowed to ${verb} room ${room}`)
