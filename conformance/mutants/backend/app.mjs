// The whole backend: transport, connections, and the end of it all.
import { createServer, STATUS_CODES } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server as Engine } from 'engine.io'
import { Server } from 'socket.io'
import { authenticate, handshakeToken, Refusal } from './auth.mjs'
import { contractDocument } from './document.mjs'
import { handleEvents } from './events.mjs'
import { MESSAGES } from './failure.mjs'
import { fault } from './faults.mjs'
import { addressOf, httpListener, prepareAnswer } from './http.mjs'
import { Backlog } from './limits.mjs'
import { log } from './log.mjs'
import { deliverFrom, replay } from './messages.mjs'
import { Metrics } from './metrics.mjs'
import { Origins, SECURITY_HEADERS } from './origins.mjs'
import { Presence } from './presence.mjs'
import { joinOwnRooms } from './rooms.mjs'
import { Store } from './store.mjs'

const PATH = '/socket.io/'
const DRAIN_MS = 5000

/** Starts a backend. Resolves with its url, and stop(), which drains and ends it. */
export async function start({ port, secret, dataDir, frontend, limits, metricsPublic = false, trustedProxies = [] }) {
  const store = await Store.open(dataDir)
  const io = new Server({ serveClient: false })
  const metrics = new Metrics()
  const presence = new Presence(io, limits)
  let stopping = false
  const context = {
    io, store, metrics, presence, limits, secret, metricsPublic, trustedProxies,
    document: contractDocument(), draining: () => stopping, tails: new Map(),
  }
  deliverFrom(store, io)

  const server = listenTo(engineFor(io, context), new Origins(frontend), httpListener(context))
  io.use((socket, next) => {
    try {
      socket.data.user = authenticate(handshakeToken(socket.handshake), secret)
      next()
    } catch (err) {
      next(err instanceof Refusal ? err : new Refusal('AUTH_TOKEN_INVALID'))
    }
  })
  io.on('connection', (socket) => connected(socket, context))

  await new Promise((resolve, reject) => server.once('error', reject).listen(port, resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      stopping = true
      await drain(server, context)
      await store.close()
    },
  }
}

// Engine.IO without a server of its own, so that every request passes the origin's check first.
function engineFor(io, { limits, trustedProxies }) {
  const addresses = new Map() // address → connections
  const engine = new Engine({
    transports: ['websocket', 'polling'],
    pingInterval: fault('heartbeat-too-fast') ? 5_000 : 25_000,
    allowUpgrades: !fault('upgrade-refused'),
    pingTimeout: 20_000,
    maxHttpBufferSize: limits.maxPayloadBytes,
    allowRequest: (req, answer) => answer(null, (addresses.get(addressOf(req, trustedProxies)) ?? 0) < limits.ipConnections),
  })
  if (!fault('security-headers-missing-on-polling')) engine.on('headers', (headers) => Object.assign(headers, SECURITY_HEADERS))
  engine.on('connection', (conn) => {
    const address = addressOf(conn.request, trustedProxies)
    addresses.set(address, (addresses.get(address) ?? 0) + 1)
    conn.once('close', () => {
      const left = addresses.get(address) - 1
      left > 0 ? addresses.set(address, left) : addresses.delete(address)
    })
  })
  io.bind(engine)
  return engine
}

function listenTo(engine, origins, listenHTTP) {
  const server = createServer((req, res) => {
    prepareAnswer(req, res, origins)
    if (!isSocketIO(req)) return listenHTTP(req, res)
    if (!origins.allows(req) && !fault('origin-polling-open')) return res.writeHead(403, { 'Content-Type': 'application/json' }).end('{"code":4,"message":"Forbidden"}')
    if (req.method === 'OPTIONS') return res.writeHead(204).end()
    closeWhenTooLarge(engine, req, res)
    engine.handleRequest(req, res)
  })
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', (err) => log('info', 'upgrade failed', { cause: err.message }))
    if (!isSocketIO(req)) return refuseUpgrade(socket, 404)
    if (!origins.allows(req) && !fault('origin-websocket-open')) return refuseUpgrade(socket, 403)
    engine.handleUpgrade(req, socket, head)
  })
  return server
}

// The library answers 413 to a poll that is too large, and lets its connection be.
function closeWhenTooLarge(engine, req, res) {
  res.on('finish', () => {
    if (res.statusCode === 413) engine.clients[new URLSearchParams(req.url.split('?')[1]).get('sid')]?.close(true)
  })
}

const isSocketIO = (req) => req.url.split('?')[0] === PATH

function refuseUpgrade(socket, status) {
  const headers = Object.entries({ ...SECURITY_HEADERS, Connection: 'close', 'Content-Length': 0 })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
}

// All of it in one turn: nothing can come between the rooms, the presence and the replay.
function connected(socket, context) {
  const { limits, metrics, presence, tails } = context
  const { userId } = socket.data.user
  metrics.totalConnections++
  metrics.activeConnections++
  log('info', 'user connected', { userId, socketId: socket.id })

  socket.data.rooms = new Set() // those of its own choice
  socket.data.backlog = new Backlog(socket.conn, limits, () => dropReader(socket))
  if (fault('ack-twice')) socket.ack = (id) => (...data) => [1, 2].forEach(() => socket.packet({ id, type: 3, data }))
  if (fault('malformed-ends-process')) socket.on('error', () => process.exit(1))
  if (fault('malformed-ends-all')) socket.on('error', () => context.io.disconnectSockets(true))
  if (fault('oversize-ends-all')) socket.conn.on('close', (reason) => reason === 'transport error' && context.io.disconnectSockets(true))
  socket.on('error', () => socket.emit('error', { message: MESSAGES.SOCKET_ERROR, code: 'SOCKET_ERROR' }))
  handleEvents(socket, context)
  tails.set(socket.id, socket)

  joinOwnRooms(socket)
  presence.add(socket)
  replay(socket, context).catch((err) => log('error', 'replay failed', { socketId: socket.id, cause: String(err?.stack ?? err) }))
  const expiry = disconnectAtExpiry(socket)

  socket.on('disconnect', (reason) => {
    clearTimeout(expiry.timer)
    metrics.activeConnections--
    presence.remove(socket)
    socket.data.tail.then(() => tails.delete(socket.id))
    log('info', 'user disconnected', { userId, socketId: socket.id, reason })
  })
}

// A token that expires takes its socket with it. Timers reach no further than 2^31 ms.
function disconnectAtExpiry(socket) {
  const expiry = {}
  if (fault('expiry-not-enforced')) return expiry
  const wait = () => {
    const left = socket.data.user.expiresAt - Date.now()
    if (left > 0) return void (expiry.timer = setTimeout(wait, Math.min(left, 2 ** 31 - 1)))
    if (!fault('expiry-without-error')) socket.emit('error', { message: 'Token expired', code: 'AUTH_TOKEN_EXPIRED' })
    if (!fault('expiry-without-disconnect')) socket.disconnect(true)
  }
  wait()
  return expiry
}

// Not in the middle of a broadcast, and without waiting for what cannot be sent.
function dropReader(socket) {
  setImmediate(() => {
    const { transport } = socket.conn
    socket.conn.close(true)
    transport.socket?.terminate?.()
  })
}

// The end: no new connections, what has come in is handled and answered, then everybody is let go.
async function drain(server, { io, tails }) {
  const deadline = sleep(DRAIN_MS, undefined, { ref: false })
  server.close()
  await Promise.race([deadline, Promise.all([...tails.values()].map((socket) => socket.data.tail))])
  io.disconnectSockets(true)
  while (io.engine.clientsCount > 0) {
    if ((await Promise.race([deadline.then(() => 'late'), sleep(10)])) === 'late') break
  }
  io.engine.close()
  server.closeAllConnections()
}
