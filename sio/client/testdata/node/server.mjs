// The reference Socket.IO server behind the tests of sio/client. Its one
// argument is the options as JSON; it prints {"port":…} and ends with its stdin.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const { port = 0, recovery = false, ...options } = JSON.parse(process.argv[2] ?? '{}')
const http = createServer()
const io = new Server(http, {
  ...options,
  ...(recovery && { connectionStateRecovery: {} }),
})

// What every namespace does. engine_test.go does the same on our engines.
function serve(namespace) {
  namespace.on('connection', (socket) => {
    if (!socket.recovered) socket.emit('welcome', socket.handshake.auth)
    socket.on('echo', (...args) => {
      const ack = args.at(-1)
      if (typeof ack === 'function') ack(...args.slice(0, -1))
      else socket.emit('echo', ...args)
    })
    socket.on('ask', (...args) => {
      socket.emit('question', ...args, (...answer) => socket.emit('answered', ...answer))
    })
    socket.on('never', () => socket.emit('heard')) // and no acknowledgement
    socket.on('items', (count) => {
      for (let i = 0; i < count; i++) socket.emit('item', i)
    })
    socket.on('large', (size) => socket.emit('large', 'x'.repeat(size)))
    socket.on('kick', () => socket.disconnect(false))
    socket.on('kick_all', () => socket.disconnect(true))
    socket.on('cut', () => socket.conn.close())
  })
}

serve(io.of('/'))
serve(io.of('/custom'))

io.of('/refused').use((socket, next) => {
  const err = new Error('go away')
  err.data = { code: 'NO', n: [1] }
  next(err)
})
io.of('/refused-plainly').use((socket, next) => next(new Error('go away')))

http.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ port: http.address().port })))
process.stdin.resume().on('end', () => process.exit(0))
