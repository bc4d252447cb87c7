// The official socket.io-client behind the conformance line protocol: one JSON
// object a line, commands on stdin, answers and happenings on stdout.
// conformance/driver/protocol.go describes the lines.
import { createInterface } from 'node:readline'
import { Manager } from 'socket.io-client'

const clients = new Map()

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

function happened(client, on, rest = {}) {
  say({ client, on, ...rest })
}

// A client is a manager (the connection) and one socket (the namespace).
function connect({ client, url, namespace = '/', auth, options = {} }) {
  const manager = new Manager(url, { reconnection: false, autoConnect: false, forceNew: true, ...options })
  const socket = manager.socket(namespace, { auth })
  clients.set(client, { manager, socket })

  socket.on('connect', () => happened(client, 'connect', { sid: socket.id, transport: manager.engine.transport.name }))
  socket.on('connect_error', (err) =>
    happened(client, 'connect_error', { message: err.message, data: err.data ?? null, description: String(err.description?.message ?? err.context?.status ?? '') }))
  socket.on('disconnect', (reason) => happened(client, 'disconnect', { reason }))
  socket.onAny((event, ...args) => {
    // A server that wants an answer gets back what it sent.
    const answer = typeof args.at(-1) === 'function' ? args.pop() : undefined
    happened(client, 'event', { event, args })
    answer?.(...args)
  })
  manager.on('packet', (packet) => {
    if (packet.type === 3) happened(client, 'ack_packet', { ack: packet.id })
  })
  manager.on('open', () => {
    manager.engine.on('upgrade', (transport) => happened(client, 'upgrade', { transport: transport.name }))
  })
  socket.connect()
}

const commands = {
  connect,
  emit({ client, event, args = [] }) {
    clients.get(client).socket.emit(event, ...args)
  },
  async emit_ack({ client, event, args = [], timeout = 10_000 }) {
    const { socket } = clients.get(client)
    return new Promise((resolve, reject) => {
      socket.timeout(timeout).emit(event, ...args, (err, ...answer) => (err ? reject(err) : resolve({ args: answer })))
    })
  },
  // All events leave in one go, so that they reach the server as a burst.
  burst({ client, events }) {
    const { socket } = clients.get(client)
    for (const [event, ...args] of events) socket.emit(event, ...args)
  },
  // A text frame below the client's packet encoder, for malformed packets.
  raw({ client, frame }) {
    clients.get(client).manager.engine.write(frame)
  },
  disconnect({ client }) {
    clients.get(client)?.socket.disconnect()
  },
  forget({ client }) {
    clients.get(client)?.manager._close()
    clients.delete(client)
  },
}

createInterface({ input: process.stdin }).on('line', async (text) => {
  const line = JSON.parse(text)
  try {
    const result = await commands[line.do](line)
    say({ id: line.id, ok: true, ...result })
  } catch (err) {
    say({ id: line.id, ok: false, error: String(err?.message ?? err) })
  }
}).on('close', () => process.exit(0))

say({ on: 'ready', client: '', versions: { node: process.versions.node } })
