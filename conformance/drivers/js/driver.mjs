// The official socket.io-client behind the conformance line protocol: one JSON
// object a line, commands on stdin, answers and happenings on stdout.
// conformance/driver/protocol.go describes the lines.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { Manager } from 'socket.io-client'

const longestTrace = 2000 // characters of a packet

// The types of Engine.IO packets, by the names that the client gives them.
const types = { open: 0, close: 1, ping: 2, pong: 3, message: 4, upgrade: 5, noop: 6 }

const clients = new Map()

// Binary values do not fit into JSON. The original is looked at: what a Buffer
// says of itself could be a value of its own.
function binaryAsText(key, value) {
  const original = this[key]
  return original instanceof Uint8Array ? { $binary: Buffer.from(original).toString('base64') } : value
}

function say(line) {
  process.stdout.write(JSON.stringify(line, binaryAsText) + '\n')
}

function happened(client, on, rest = {}) {
  say({ client, on, ...rest })
}

function find(client) {
  const found = clients.get(client)
  if (!found) throw new Error(`no client ${JSON.stringify(client)}`)
  return found
}

// The engine of a client whose connection is open.
function openEngine(client) {
  const { engine } = find(client).manager
  if (engine?.readyState !== 'open') throw new Error('not connected')
  return engine
}

// A client is a manager (the connection) and one socket (the namespace).
function connect({ client, url, namespace = '/', auth, options: { trace = false, ...options } = {} }) {
  if (clients.has(client)) throw new Error(`there is a client ${JSON.stringify(client)} already`)
  // Its own agent, as the client would make one for each request: it knows the
  // connections that abort breaks.
  const agent = url.startsWith('https:') ? new https.Agent() : new http.Agent()
  const manager = new Manager(url, { reconnection: false, autoConnect: false, forceNew: true, agent, ...options })
  const socket = manager.socket(namespace, { auth })
  clients.set(client, { manager, socket, agent })

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
  // Before the socket subscribes: an acknowledgement is told even where it ignores it.
  manager.on('packet', ({ type, id, data }) => {
    if (type === 3 || type === 6) happened(client, 'ack_packet', { ack: id ?? -1, args: data ?? [] })
  })
  socket.connect() // makes the engine, which does nothing before this function is over
  const { engine } = manager
  engine.on('upgrade', (transport) => happened(client, 'upgrade', { transport: transport.name }))
  if (trace) {
    engine.on('packet', (packet) => happened(client, 'packet', { dir: 'in', text: packetText(packet) }))
    engine.on('packetCreate', (packet) => happened(client, 'packet', { dir: 'out', text: packetText(packet) }))
  }
}

function packetText({ type, data = '' }) {
  const text = typeof data === 'string' ? types[type] + data : 'b' + Buffer.from(data).toString('base64')
  return Array.from(text.slice(0, 2 * longestTrace)).slice(0, longestTrace).join('') // whole characters
}

// Breaks an open transport off, and keeps the client from saying goodbye.
function cutOff(transport, agent) {
  switch (transport.name) {
    case 'websocket':
      return transport.ws.terminate()
    case 'polling':
      transport.doClose = () => {}
      transport.doWrite = () => {}
      transport.onError('connection cut off')
      // Soon, not now: a poll that the server has not got yet is none that it can miss.
      return Object.values(agent.sockets).flat().forEach((connection) => connection.destroySoon())
    default:
      throw new Error(`unsupported: abort over ${transport.name}`)
  }
}

const commands = {
  connect,
  emit({ client, event, args = [] }) {
    find(client).socket.emit(event, ...args)
  },
  async emit_ack({ client, event, args = [], timeout = 10_000 }) {
    const { socket } = find(client)
    return new Promise((resolve, reject) => {
      socket.timeout(timeout).emit(event, ...args, (err, ...answer) => (err ? reject(err) : resolve({ args: answer })))
    })
  },
  // All events leave in one go, so that they reach the server as a burst.
  burst({ client, events }) {
    const { socket } = find(client)
    for (const [event, ...args] of events) socket.emit(event, ...args)
  },
  // A text frame below the client's packet encoder, for malformed packets.
  raw({ client, frame = '' }) {
    openEngine(client).write(frame)
  },
  raw_binary({ client, data = '' }) {
    openEngine(client).write(Buffer.from(data, 'base64'))
  },
  disconnect({ client }) {
    clients.get(client)?.socket.disconnect()
  },
  abort({ client }) {
    cutOff(openEngine(client).transport, find(client).agent)
  },
  forget({ client }) {
    clients.get(client)?.manager._close()
    clients.delete(client)
  },
}

async function obey(line) {
  try {
    if (!Object.hasOwn(commands, line.do)) throw new Error(`unsupported command ${JSON.stringify(line.do)}`)
    say({ id: line.id, ok: true, ...(await commands[line.do](line)) })
  } catch (err) {
    say({ id: line.id, ok: false, error: String(err?.message ?? err) })
  }
}

function clientVersion() {
  const main = createRequire(import.meta.url).resolve('socket.io-client')
  const root = main.slice(0, main.lastIndexOf('socket.io-client') + 'socket.io-client'.length)
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version
}

let number = 0
createInterface({ input: process.stdin }).on('line', (text) => {
  number++
  let line
  try {
    line = JSON.parse(text)
  } catch (err) {
    console.error(`driver: line ${number} of stdin: ${err.message}: ${text.slice(0, 100)}`)
    process.exit(1)
  }
  obey(line)
}).on('close', () => process.exit(0))

say({ on: 'ready', client: '', versions: { node: process.versions.node, 'socket.io-client': clientVersion() } })
