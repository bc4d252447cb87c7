// Scenes: what clients do with a backend, for the transcript.
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import jwt from 'jsonwebtoken'
import { SECRET, ask, names, next, settled, startBackend, token } from './backend.mjs'

const FAST = { SOCKET_RATE_LIMIT: '10000' }
const WS = { transports: ['websocket'] }
const now = () => Math.floor(Date.now() / 1000)
const admin = { userId: 'boss', role: 'admin' }
const moderator = { userId: 'mod', role: 'moderator', department: 'x' }
const heard = (socket) => socket.seen.filter(([name]) => !/^(pong|online_users|user_o)/.test(name))

async function soft(promise, otherwise = 'nothing') {
  return promise.catch(() => otherwise)
}

export const scenes = {
  async handshake({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const good = token({ userId: 'good' })
    const soon = { exp: now() + 60 }
    const handshakes = {
      none: {}, empty: { token: '' }, text: { token: 'x.y.z' }, number: [{ token: 5 }, { token: good }],
      both: [{ token: good }, { token: token({ userId: 'query' }) }], query: [{ token: null }, { token: good }],
      expired: { token: token({ userId: 'a', exp: now() - 3 }) }, expiredBanned: { token: token({ userId: 'a', role: 'banned', exp: 1 }) },
      expiredNobody: { token: token({ exp: 1 }) }, banned: { token: token({ userId: 'a', role: 'banned' }) },
      emperor: { token: token({ userId: 'a', role: 'emperor' }) }, sub: { token: token({ sub: 'a' }) }, integer: { token: token({ userId: 42 }) },
      unsigned: { token: jwt.sign({ userId: 'a', ...soon }, null, { algorithm: 'none' }) },
      hs512: { token: jwt.sign({ userId: 'a', ...soon }, SECRET, { algorithm: 'HS512' }) },
      other: { token: jwt.sign({ userId: 'a', ...soon }, 'other') }, noExp: { token: jwt.sign({ userId: 'a' }, SECRET) },
      nbf: { token: token({ userId: 'a', nbf: now() + 60 }) }, iat: { token: token({ userId: 'a', iat: now() + 60 }) },
      leeway: { token: token({ userId: 'a', nbf: now() + 4, iat: now() + 4 }) },
    }
    for (const [name, handshake] of Object.entries(handshakes)) {
      const [auth, query] = [handshake].flat()
      const socket = backend.client('x', { auth: { token: undefined, ...auth }, query, ...WS })
      const answer = await Promise.race([
        next(socket, 'online_users').then((users) => users),
        next(socket, 'connect_error').then(({ message, data }) => ({ message, data })),
      ]).catch(() => 'nothing')
      see(name, answer)
      socket.disconnect()
      await sleep(5)
    }
    const short = await backend.connect({ userId: 'short', exp: now() + 2 })
    await soft(next(short, 'disconnect', 3000))
    see('expiry', short.connected, heard(short))
  },

  async transport({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const own = backend.url
    const get = (path, headers = {}) => new Promise((resolve) => {
      const req = http.get(own + path, { headers, agent: false })
      req.on('response', (res) => res.setEncoding('utf8').once('data', (body) => resolve([res.statusCode, body, shown(res.headers)])).once('end', () => resolve([res.statusCode, shown(res.headers)])))
      req.on('upgrade', (res, socket) => resolve([res.statusCode, shown(res.headers), socket.destroy() && undefined]))
      req.on('error', (err) => resolve(err.code))
    })
    const shown = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !/date|sec-websocket|keep-alive/.test(name)))
    const polling = '/socket.io/?EIO=4&transport=polling'
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    for (const origin of ['http://localhost:3000', own, 'http://evil.example', undefined]) {
      const headers = origin ? { origin } : {}
      see(origin ?? 'no origin', await get(polling, headers), await get('/socket.io/?EIO=4&transport=websocket', { ...headers, ...upgrade }), await get('/healthz', headers))
    }
    const socket = await backend.connect({ userId: 'a' })
    if (socket.io.engine.transport.name !== 'websocket') await soft(next(socket.io.engine, 'upgrade', 500))
    see('transport', socket.io.engine.transport.name)
    const other = await backend.connect({ userId: 'o' }, WS)
    see('90 kB', (await soft(ask(socket, 'user_action', { action: 'x', data: { x: 'y'.repeat(90_000) } }))).success)
    for (const options of [WS, { transports: ['polling'] }]) {
      const big = await backend.connect({ userId: 'b' }, options)
      big.emit('user_action', { action: 'x', data: { x: 'y'.repeat(110_000) } })
      await soft(next(big, 'disconnect', 500))
      await sleep(50)
      see('110 kB', big.connected, other.connected, names(other, 'user_offline').length)
    }
    for (const frame of ['2', '2[', '2["connect"]', '9']) {
      const bad = await backend.connect({ userId: 'b' }, WS)
      bad.io.engine.write(frame)
      await soft(next(bad, 'disconnect', 500))
      see('frame', frame, bad.connected, other.connected)
    }
    other.emit('error', {})
    await sleep(50)
    see('event error', other.connected, heard(other))
  },

  async rooms({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const socket = await backend.connect({ userId: 'a' })
    const other = await backend.connect({ userId: 'b', department: 'x' })
    const say = async (event, room) => see(event, room === other.id ? 'a socket' : room.slice(0, 20), codeOf(await soft(ask(socket, event, { room }))))
    const codeOf = ({ success, code, details, ...rest }) => [success, code, details, Object.keys(rest)]
    for (const room of ['r', 'r', 'all_users', 'admins', 'moderators', 'user_b', 'department_x', other.id, 'a b', 'x'.repeat(129), '']) await say('join_room', room)
    for (const room of ['never', 'all_users', 'admins', other.id, 'r']) await say('leave_room', room)
    await Promise.all(Array.from({ length: 99 }, (_, i) => soft(ask(socket, 'join_room', { room: `r${i}` }))))
    for (const room of ['r100', 'r1', 'r101', 'r102']) await say('join_room', room)
    await say('leave_room', 'r1')
    await say('join_room', 'r103')
  },

  async validation({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const events = [
      ['ping'], ['ping', null], ['ping', {}], ['ping', { timestamp: 5 }], ['ping', { timestamp: '5' }], ['ping', 5], ['ping', {}, {}],
      ['join_room'], ['join_room', null], ['join_room', []], ['join_room', 'r'], ['join_room', {}], ['join_room', { room: 5 }], ['join_room', { room: 'r' }, 1],
      ['join_room', { room: 'r', x: 1, 'a/b~c': 2 }],
      ['user_action', { action: 'a'.repeat(101) }], ['user_action', { action: 'a', data: [] }], ['user_action', { action: 'a', data: { b: Buffer.from('x') } }],
      ['send_message', { to: 'b', content: '' }], ['send_message', { to: 'b', content: 'x'.repeat(1001) }], ['send_message', { to: 'b', content: '😀'.repeat(1000) }],
      ['send_message', { to: 'b', content: 'é'.repeat(1000) }], ['send_message', { to: 'b', content: 'x', type: 'video' }],
      ['send_message', { to: 'b', content: 'x', clientOffset: 'o'.repeat(65) }], ['send_message', { to: '', content: 5, x: 1 }],
      ['send_message', { to: 'b', content: 'x', from: 'boss' }],
      ['nothing'], ['n'.repeat(70)], ['pong', {}], ['error', {}],
    ]
    for (const event of events) {
      const socket = await backend.connect({ userId: 'a' }, WS)
      const other = await backend.connect({ userId: 'b' }, WS)
      const name = JSON.stringify(event).slice(0, 80)
      const answer = await new Promise((resolve) => {
        socket.emit(...event, (...args) => resolve(args))
        setTimeout(resolve, 1000, 'no ack').unref()
        socket.once('disconnect', resolve)
      })
      see(name, 'ack', answer)
      socket.emit(...event)
      await soft(settled(socket, other))
      see(name, 'events', socket.seen.slice(1), other.seen.slice(1), socket.connected)
      socket.disconnect()
      other.disconnect()
    }
    const socket = await backend.connect({ userId: 'a' }, WS)
    socket.emit('ping', { timestamp: 1000 })
    see('pong', Math.abs((await next(socket, 'pong')).timestamp - Date.now()) < 1000)
    let packets = 0
    socket.io.on('packet', ({ type }) => (packets += type === 3))
    await ask(socket, 'leave_room', { room: 'r' })
    await sleep(20)
    see('ack packets', packets)
  },

  async messages({ env, t, see }) {
    let backend = await startBackend(t, { ...FAST, ...env })
    const [a, b1, b2, c] = [await backend.connect({ userId: 'a' }, WS), await backend.connect({ userId: 'b' }, WS), await backend.connect({ userId: 'b' }, WS), await backend.connect({ userId: 'c' }, WS)]
    const start = '00000000000000000000000000'
    const first = await soft(ask(a, 'send_message', { to: 'b', content: ' one ', type: 'image', clientOffset: '1' }))
    await sleep(5)
    const again = await soft(ask(a, 'send_message', { to: 'b', content: ' one ', type: 'image', clientOffset: '1' }))
    see('first', first, 'again', again, first.messageId === again.messageId, first.timestamp === again.timestamp)
    const others = await soft(ask(c, 'send_message', { to: 'a', content: 'two', clientOffset: '1' }))
    see('other', others, others.messageId === first.messageId)
    see('offline', await soft(ask(c, 'send_message', { to: 'nobody', content: 'three' })))
    const acks = await soft(Promise.all(Array.from({ length: 20 }, (_, i) => ask(a, 'send_message', { to: 'b', content: `m${i}` }))), [])
    const ids = acks.map(({ messageId }) => messageId)
    see('ids rise', ids.join() === ids.toSorted().join())
    const answered = []
    await soft(Promise.all(['join_room', 'leave_room', 'join_room', 'leave_room'].map((event, i) => ask(a, event, { room: 'r' }).then(() => answered.push(i)))))
    see('acks in order', answered)
    see('action', await soft(ask(a, 'user_action', { action: 'look', data: { at: 1 } })))
    await sleep(100)
    await soft(settled(a, b1, b2, c))
    see('heard', ...[a, b1, b2, c].map(heard))
    see('same id', names(b1, 'new_message')[0]?.id === first.messageId)
    see('log', (await backend.call('GET', '/api/actions', { as: admin })).json)
    await soft(ask(a, 'send_message', { to: 'b', content: 'last' }))
    await backend.kill('SIGKILL')
    backend = await startBackend(t, { ...FAST, ...env })
    const later = await backend.connect({ userId: 'a' }, WS)
    see('after a kill', (await ask(later, 'send_message', { to: 'b', content: 'one', clientOffset: '1' })).messageId === first.messageId)
    const tab = await backend.connect({ userId: 'b' }, WS)
    for (const serverOffset of [start, first.messageId, undefined, 'nonsense', null]) {
      const socket = await backend.connect({ userId: 'b' }, { auth: serverOffset === undefined ? {} : { serverOffset }, ...WS })
      later.emit('send_message', { to: 'b', content: 'live' })
      await settled(later)
      await sleep(320)
      await settled(socket, tab)
      see('replay', serverOffset?.slice(0, 1), heard(socket))
      socket.disconnect()
    }
    await settled(tab)
    see('other tab', heard(tab).length)
    const own = await backend.connect({ userId: 'a' }, { auth: { serverOffset: start }, ...WS })
    await settled(own)
    see('replay of own', heard(own))
  },

  async truncated({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, REPLAY_LIMIT: '5', ...env })
    const a = await backend.connect({ userId: 'a' }, WS)
    await soft(Promise.all(Array.from({ length: 9 }, (_, i) => ask(a, 'send_message', { to: 'b', content: `m${i}` }))))
    const b = await backend.connect({ userId: 'b' }, { auth: { serverOffset: '00000000000000000000000000' }, ...WS })
    await settled(b)
    await sleep(20)
    see('replay', heard(b))
  },

  async presence({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, USER_CONNECTION_LIMIT: '3', ...env })
    const watcher = await backend.connect({ userId: 'w' }, WS)
    const b1 = await backend.connect({ userId: 'b', role: 'moderator', department: 'x' }, WS)
    await sleep(20)
    const b2 = await backend.connect({ userId: 'b', role: 'moderator', department: 'x' }, WS)
    await settled(watcher, b1, b2)
    see('two tabs', watcher.seen, b1.seen, b2.seen)
    const before = (await backend.call('GET', '/api/presence/b', { as: admin })).json
    await sleep(5)
    await settled(b1)
    const after = (await backend.call('GET', '/api/presence/b', { as: admin })).json
    see('presence', before, before.socketId === b2.id, after.lastSeen > before.lastSeen)
    b1.disconnect()
    await sleep(20)
    await settled(watcher)
    see('one tab less', names(watcher, 'user_offline'))
    b2.disconnect()
    await sleep(20)
    see('both gone', names(watcher, 'user_offline'))
    const many = []
    for (let i = 0; i < 4; i++) many.push(await backend.connect({ userId: 'm' }, WS))
    await sleep(50)
    see('the fourth', many.map(({ connected }) => connected))
  },

  async notices({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const who = { boss: admin, mod: moderator, user: { userId: 'u' }, user2: { userId: 'u' }, other: { userId: 'o', role: 'moderator', department: 'y' } }
    const sockets = {}
    for (const [name, claims] of Object.entries(who)) sockets[name] = await backend.connect(claims, WS)
    await sleep(20)
    const calls = [
      ['/api/users/u/notifications', { title: 't', message: 'm' }], ['/api/users/u/notifications', { type: 'error', title: 't', message: 'm' }],
      ['/api/users/boss/updates', { data: { a: 1 } }], ['/api/users/u/updates', { data: { a: 1 } }], ['/api/system-messages', { message: 'm' }],
      ['/api/admin-messages', { message: 'm' }], ['/api/departments/x/messages', { message: 'm' }], ['/api/users/u/disconnect', undefined],
    ]
    for (const [path, body] of calls) {
      for (const name of ['boss', 'mod', 'other', 'user', undefined]) {
        for (const socket of Object.values(sockets)) socket.seen = []
        const { status, text } = await backend.call('POST', path, { as: who[name], body })
        await sleep(10)
        see(path, name, status, text, Object.entries(sockets).map(([to, socket]) => [to, socket.connected, socket.seen]))
      }
    }
  },

  async limits({ env, t, see }) {
    const backend = await startBackend(t, { ...env, API_RATE_LIMIT: '2' })
    const seen = (socket) => socket.seen.slice(1).map(([name, value]) => [name, name === 'pong' ? 0 : value])
    const bursts = { ping: () => ['ping'], invalid: () => ['join_room', {}], unknown: () => ['what'] }
    for (const [name, event] of Object.entries(bursts)) {
      const socket = await backend.connect({ userId: name }, WS)
      for (let i = 0; i < 15; i++) socket.emit(...event())
      await sleep(100)
      see(name, seen(socket).map((event) => JSON.stringify(event)).sort(), socket.connected)
      if (socket.connected) see('with ack', await soft(socket.timeout(200).emitWithAck('ping')))
      for (let i = 0; i < 9 && socket.connected; i++) await sleep(160, socket.emit('ping'))
      await sleep(50)
      see('later', seen(socket).length)
    }
    const [one, two, three] = [await backend.connect({ userId: 't' }, WS), await backend.connect({ userId: 't' }, WS), await backend.connect({ userId: 'z' }, WS)]
    for (const socket of [one, two, three]) for (let i = 0; i < 8; i++) socket.emit('ping')
    await sleep(50)
    see('three sockets', ...[one, two, three].map((socket) => names(socket, 'pong').length))
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await backend.call('GET', '/api/presence', { as: admin })
      see('api', status, headers.has('retry-after'), headers.get('ratelimit-remaining'))
    }
  },

  async slowReader({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const mute = await backend.connect({ userId: 'm' }, WS)
    const other = await backend.connect({ userId: 'o' }, WS)
    mute.io.engine.transport.ws._socket.pause()
    const gone = () => names(other, 'user_offline').length > 0
    for (let i = 0; i < 100 && !gone(); i++) {
      await Promise.all(Array.from({ length: 20 }, () => backend.call('POST', '/api/users/m/updates', { as: admin, body: { data: { x: 'y'.repeat(16_000) } } })))
    }
    see('gone', gone())
  },

  async abuse({ env, t, see }) {
    const backend = await startBackend(t, env)
    const socket = await backend.connect({ userId: 'a' }, WS)
    const timer = setInterval(() => { for (let i = 0; i < 10; i++) socket.emit('ping') }, 20)
    await soft(next(socket, 'disconnect', 12_000))
    clearInterval(timer)
    see('abuse', socket.connected)
  },

  async http({ env, t, see }) {
    const backend = await startBackend(t, { ...FAST, ...env })
    const a = await backend.connect({ userId: 'a' }, WS)
    const ids = []
    for (let i = 0; i < 60; i++) ids.push((await ask(a, 'send_message', { to: i % 2 ? 'b' : 'c', content: `m${i}` }))?.messageId)
    const call = async (method, path, options) => {
      const { status, headers, text } = await backend.call(method, path, options)
      const shown = [...headers].filter(([name]) => !/date|keep-alive|content-length/.test(name))
      see(method, path.replace(/=[0-9A-Z]{26}/, '=ULID'), status, shown, text.slice(0, 20_000).replace(/"(uptime|messagesPerSecond|errorsPerSecond|rss|heapTotal|heapUsed|external)":[\d.]+/g, ''))
      return text.startsWith('{') ? JSON.parse(text) : {}
    }
    const user = { userId: 'a' }
    const first = await call('GET', '/api/messages?limit=2', { as: user })
    await call('GET', `/api/messages?limit=2&before=${first.nextCursor ?? ids[58]}`, { as: user })
    await call('GET', '/api/messages', { as: user })
    await call('GET', '/api/messages?with=b&limit=3', { as: user })
    await call('GET', `/api/messages?after=${ids[57]}`, { as: user })
    await call('GET', '/api/messages?limit=3', { as: { userId: 'b' } })
    await call('GET', '/api/messages?user=a&limit=3', { as: { userId: 'b' } })
    await call('GET', '/api/messages?user=a&limit=3', { as: admin })
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'before=x']) await call('GET', `/api/messages?${query}`, { as: user })
    for (const path of ['/api/actions', '/api/metrics', '/api/presence', '/api/presence/nobody', '/nothing', '/healthz', '/readyz']) {
      for (const as of [admin, user, undefined]) await call('GET', path, { as })
    }
    for (const body of ['{', '5', '{}', { message: 'x'.repeat(2001), y: 1 }, { message: 'x'.repeat(70_000) }]) await call('POST', '/api/system-messages', { as: admin, body })
    await call('POST', '/api/users/a/updates', { as: admin, body: { data: { x: 'y'.repeat(17_000) } } })
  },

  async stop({ env, t, see }) {
    const backend = await startBackend(t, env)
    const a = await backend.connect({ userId: 'a' }, WS)
    const answers = Array.from({ length: 10 }, (_, i) => soft(a.timeout(1000).emitWithAck('send_message', { to: 'b', content: `${i}` })))
    await answers[0]
    const exit = backend.kill('SIGTERM')
    see('acks', (await Promise.all(answers)).map(({ success }) => success))
    see('exit', await Promise.race([exit, sleep(3000, 'still there', { ref: false })]))
  },
}
