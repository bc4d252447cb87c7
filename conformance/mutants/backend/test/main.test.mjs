import assert from 'node:assert/strict'
import http from 'node:http'
import test from 'node:test'
import jwt from 'jsonwebtoken'
import { SECRET, ask, names, next, settled, startBackend, token } from './backend.mjs'

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const soon = () => Math.floor(Date.now() / 1000)

test('refuses what is no good token, and says why', async (t) => {
  const backend = await startBackend(t)
  const refused = async (auth, query) => {
    const socket = backend.client('x', { auth, query })
    const err = await next(socket, 'connect_error')
    return [err.message, err.data.code]
  }
  const required = ['Authentication token required', 'AUTH_TOKEN_REQUIRED']
  const invalid = ['Invalid authentication token', 'AUTH_TOKEN_INVALID']
  const expired = ['Token expired', 'AUTH_TOKEN_EXPIRED']
  assert.deepEqual(await refused({ token: '' }), required)
  assert.deepEqual(await refused({ token: null }), required)
  assert.deepEqual(await refused({ token: 5 }, { token: token({ userId: 'a' }) }), invalid)
  assert.deepEqual(await refused({ token: 'x.y.z' }), invalid)
  assert.deepEqual(await refused({ token: token({ userId: 'a', exp: soon() - 1 }) }), expired)
  assert.deepEqual(await refused({ token: token({ role: 'banned', exp: soon() - 1 }) }), expired)
  assert.deepEqual(await refused({ token: token({ role: 'banned' }) }), invalid)
  assert.deepEqual(await refused({ token: token({ userId: 'a', role: 'banned' }) }), ['User is banned', 'AUTH_USER_BANNED'])
  assert.deepEqual(await refused({ token: jwt.sign({ userId: 'a' }, SECRET) }), invalid)
  assert.deepEqual(await refused({ token: jwt.sign({ userId: 'a' }, SECRET, { algorithm: 'HS512', expiresIn: 9 }) }), invalid)
  assert.deepEqual(await refused({ token: jwt.sign({ userId: 'a', exp: soon() + 9 }, null, { algorithm: 'none' }) }), invalid)
  assert.deepEqual(await refused({ token: token({ userId: 'a', nbf: soon() + 9 }) }), invalid)
  assert.deepEqual(await refused({ token: token({ userId: 'a', iat: soon() + 9 }) }), invalid)
})

test('takes user ids as the claims have them, and the query token', async (t) => {
  const backend = await startBackend(t)
  const idOf = async (claims, options) => (await next(backend.client(claims, options), 'online_users'))[0].id
  assert.equal(await idOf({ userId: 42 }), '42')
  const other = await startBackend(t)
  const socket = other.client('x', { auth: { token: null }, query: { token: token({ sub: 's', role: 'emperor', nbf: soon() + 3 }) } })
  const [info] = await next(socket, 'online_users')
  assert.equal(info.id, 's')
  assert.equal(info.role, 'user')
  assert.equal(info.connections, 1)
})

test('keeps foreign origins out on both transports', async (t) => {
  const backend = await startBackend(t)
  const status = (origin, headers = {}) =>
    new Promise((resolve, reject) => {
      const transport = headers.upgrade ? 'websocket' : 'polling'
      const req = http.get(`${backend.url}/socket.io/?EIO=4&transport=${transport}`, { headers: { origin, ...headers }, agent: false })
      req.on('response', (res) => resolve([res.statusCode, res.headers['access-control-allow-origin'], !!res.headers['x-content-type-options']]))
      req.on('upgrade', (res, socket) => resolve([res.statusCode, socket.destroy() && undefined, !!res.headers['x-content-type-options']]))
      req.on('error', reject)
    })
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  assert.deepEqual(await status('http://localhost:3000'), [200, 'http://localhost:3000', true])
  assert.deepEqual(await status(backend.url), [200, backend.url, true])
  assert.deepEqual(await status('http://evil.example'), [403, undefined, true])
  assert.equal((await status('http://evil.example', upgrade))[0], 403)
  assert.deepEqual(await status('http://localhost:3000', upgrade), [101, undefined, true])
})

test('rooms', async (t) => {
  const backend = await startBackend(t, { SOCKET_RATE_LIMIT: '1000' })
  const socket = await backend.connect({ userId: 'a' })
  const other = await backend.connect({ userId: 'b' })
  assert.deepEqual(await ask(socket, 'join_room', { room: 'ticket:1' }), { success: true, room: 'ticket:1' })
  assert.deepEqual(await ask(socket, 'join_room', { room: 'all_users' }), { success: true, room: 'all_users' })
  for (const room of ['admins', 'user_b', 'department_x', other.id]) {
    const answer = { success: false, error: `Not allowed to join room ${room}`, code: 'FORBIDDEN' }
    assert.deepEqual(await ask(socket, 'join_room', { room }), answer)
  }
  assert.equal((await ask(socket, 'leave_room', { room: 'all_users' })).code, 'FORBIDDEN')
  assert.deepEqual(await ask(socket, 'leave_room', { room: 'never' }), { success: true, room: 'never' })
  for (let i = 2; i <= 100; i++) assert.equal((await ask(socket, 'join_room', { room: `r${i}` })).success, true)
  assert.deepEqual(await ask(socket, 'join_room', { room: 'r101' }), { success: false, error: 'Room limit reached', code: 'LIMIT_EXCEEDED' })
  assert.equal((await ask(socket, 'join_room', { room: 'r100' })).success, true)
})

test('validates, and says all that is wrong', async (t) => {
  const backend = await startBackend(t, { SOCKET_RATE_LIMIT: '1000' })
  const socket = await backend.connect({ userId: 'a' })
  const bad = async (event, ...args) => {
    const { success, code, error, details } = await ask(socket, event, ...args)
    assert.deepEqual([success, code], [false, 'VALIDATION_ERROR'])
    return [error, ...details.map(({ path, keyword }) => `${path} ${keyword}`)]
  }
  assert.deepEqual(await bad('join_room'), ['payload: is required', ' minItems'])
  assert.deepEqual(await bad('join_room', {}, {}), ['payload: must be the only argument', ' maxItems'])
  assert.deepEqual(await bad('join_room', null), ['payload: must be object', ' type'])
  assert.deepEqual(await bad('join_room', {}), ['room: is required', '/room required'])
  assert.deepEqual(await bad('join_room', { room: 'a b' }), ['room: must match ^[A-Za-z0-9_.:-]*$', '/room pattern'])
  assert.deepEqual(await bad('send_message', { to: 'b', content: '😀'.repeat(1001), 'a/b': 1 }),
    ['a/b: is not a known property', '/a~1b additionalProperties', '/content maxLength'])
  assert.equal((await ask(socket, 'send_message', { to: 'b', content: '😀'.repeat(1000) })).success, true)
  assert.deepEqual(await bad('user_action', { action: 'x', data: { deep: Buffer.from('x') } }), ['data.deep: must not be binary', '/data/deep type'])
  socket.emit('join_room', {})
  const { event, message } = await next(socket, 'error')
  assert.deepEqual([event, message], ['join_room', 'room: is required'])
  const name = 'n'.repeat(70)
  const cut = 'n'.repeat(64) + '…'
  assert.deepEqual(await ask(socket, name), { success: false, error: `Unknown event: ${cut}`, code: 'UNKNOWN_EVENT' })
  assert.deepEqual(await ask(socket, 'ping', null), { success: true })
  assert.ok(Number.isInteger(names(socket, 'pong').at(-1).timestamp))
})

test('messages reach all tabs of the recipient and nobody else, once', async (t) => {
  const backend = await startBackend(t)
  const [a, b1, b2, c] = [
    await backend.connect({ userId: 'a' }), await backend.connect({ userId: 'b' }),
    await backend.connect({ userId: 'b' }), await backend.connect({ userId: 'c' }),
  ]
  const first = await ask(a, 'send_message', { to: 'b', content: 'hello', clientOffset: '1' })
  assert.match(first.messageId, ULID)
  assert.match(first.timestamp, TIME)
  const again = await ask(a, 'send_message', { to: 'b', content: 'hello', clientOffset: '1' })
  assert.deepEqual(again, { ...first, duplicate: true })
  assert.notEqual((await ask(c, 'send_message', { to: 'a', content: 'x', clientOffset: '1' })).messageId, first.messageId)
  await settled(a, b1, b2, c)
  const sent = { id: first.messageId, from: 'a', content: 'hello', type: 'text', timestamp: first.timestamp }
  assert.deepEqual([b1, b2, c].map((socket) => names(socket, 'new_message')), [[sent], [sent], []])
  assert.equal(names(a, 'new_message').length, 1)
})

test('acknowledged messages survive a kill, and are replayed', async (t) => {
  const { mkdtempSync, rmSync, appendFileSync } = await import('node:fs')
  const dir = mkdtempSync('/tmp/mutants-')
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const env = { dir, SOCKET_RATE_LIMIT: '10000' }
  const backend = await startBackend(t, env)
  const a = await backend.connect({ userId: 'a' })
  const ids = (await Promise.all(Array.from({ length: 510 }, (_, i) => ask(a, 'send_message', { to: 'b', content: `m${i}`, clientOffset: `${i}` }))))
    .map(({ messageId }) => messageId)
  await backend.kill('SIGKILL')
  appendFileSync(`${dir}/log.jsonl`, '{"kind":"mess')
  const after = await startBackend(t, env)
  const again = await after.connect({ userId: 'a' })
  assert.equal((await ask(again, 'send_message', { to: 'b', content: 'm0', clientOffset: '0' })).messageId, ids[0])
  const { messageId } = await ask(again, 'send_message', { to: 'b', content: 'last' })
  assert.ok(messageId > ids.at(-1))
  const b = await after.connect({ userId: 'b' }, { auth: { serverOffset: ids[0] } })
  for (let i = 0; i < 50; i++) again.emit('send_message', { to: 'b', content: `live ${i}` })
  await settled(again)
  await settled(b)
  const got = names(b, 'new_message').map(({ id }) => id)
  assert.deepEqual(got.slice(0, 500), [...ids.slice(11), messageId])
  assert.equal(got.length, 550)
  assert.deepEqual(got, got.toSorted())
  assert.equal(b.seen.findIndex(([, value]) => value.code === 'REPLAY_TRUNCATED') < b.seen.findIndex(([name]) => name === 'new_message'), true)
  const wrong = after.client({ userId: 'b' }, { auth: { serverOffset: null } })
  const { code, event, details } = await next(wrong, 'error')
  assert.deepEqual([code, event, details[0].path], ['VALIDATION_ERROR', 'connect', '/serverOffset'])
})

test('presence is per user', async (t) => {
  const backend = await startBackend(t)
  const watcher = await backend.connect({ userId: 'w' })
  const b1 = await backend.connect({ userId: 'b', department: 'x' })
  const b2 = await backend.connect({ userId: 'b', department: 'x' })
  const c = await backend.connect({ userId: 'c' })
  assert.deepEqual(names(c, 'online_users')[0].map(({ id, connections }) => [id, connections]).sort(), [['b', 2], ['c', 1], ['w', 1]])
  assert.equal(names(c, 'online_users')[0].find(({ id }) => id === 'b').socketId, b2.id)
  b2.disconnect()
  await settled(watcher)
  assert.deepEqual(names(watcher, 'user_offline'), [])
  b1.disconnect()
  assert.deepEqual(await next(watcher, 'user_offline'), { userId: 'b' })
  assert.deepEqual(names(watcher, 'user_online').map(({ userId }) => userId), ['b', 'c'])
  const many = []
  for (let i = 0; i < 21; i++) many.push(await backend.connect({ userId: 'm' }))
  if (many[0].connected) await next(many[0], 'disconnect')
  assert.deepEqual(many.map(({ connected }) => connected), [false, ...Array(20).fill(true)])
})

test('the rate limit drops, tells once, and opens again', async (t) => {
  const backend = await startBackend(t)
  const socket = await backend.connect({ userId: 'a' })
  for (let i = 0; i < 30; i++) socket.emit('ping')
  const told = await next(socket, 'rate_limit_exceeded')
  assert.deepEqual([told.limit, told.windowMs], [10, 1000])
  assert.equal((await ask(socket, 'ping')).code, 'RATE_LIMITED')
  assert.equal(names(socket, 'pong').length, 10)
  assert.equal(names(socket, 'rate_limit_exceeded').length, 1)
  await new Promise((resolve) => setTimeout(resolve, told.retryAfterMs + 10))
  assert.equal((await ask(socket, 'ping')).success, true)
})

test('abuse ends the connection', async (t) => {
  const backend = await startBackend(t, { SOCKET_RATE_WINDOW_MS: '1000' })
  const socket = await backend.connect({ userId: 'a' })
  const timer = setInterval(() => { for (let i = 0; i < 10; i++) socket.emit('ping') }, 20)
  const began = Date.now()
  await next(socket, 'disconnect', 14_000)
  clearInterval(timer)
  assert.ok(Date.now() - began >= 9_900)
})

test('a token that expires takes its socket with it', async (t) => {
  const backend = await startBackend(t)
  const socket = await backend.connect({ userId: 'a', exp: soon() + 2 })
  assert.deepEqual(await next(socket, 'error'), { message: 'Token expired', code: 'AUTH_TOKEN_EXPIRED' })
  await next(socket, 'disconnect')
})

test('a client that does not read is dropped, the others get theirs', async (t) => {
  const backend = await startBackend(t)
  const mute = await backend.connect({ userId: 'm' }, { transports: ['websocket'] })
  const other = await backend.connect({ userId: 'o' })
  mute.io.engine.transport.ws._socket.pause()
  for (let sent = 0, gone = false; !gone; sent++) {
    assert.ok(sent < 5000, 'still there')
    await Promise.all(Array.from({ length: 20 }, () =>
      backend.call('POST', '/api/users/m/updates', { as: { userId: 'x', role: 'admin' }, body: { data: { x: 'y'.repeat(16_000) } } })))
    gone = names(other, 'user_offline').some(({ userId }) => userId === 'm')
  }
  await settled(other)
})

test('malformed and oversized packets cost one connection', async (t) => {
  const backend = await startBackend(t)
  const other = await backend.connect({ userId: 'o' })
  for (const frame of ['2', '2[', '2["connect"]', '9', '5["x"]', '20' + 'x'.repeat(100_000)]) {
    const socket = await backend.connect({ userId: 'm' }, { transports: ['websocket'] })
    socket.io.engine.write(frame)
    await next(socket, 'disconnect')
  }
  await settled(other)
})

test('HTTP: notices reach whom they are for', async (t) => {
  const backend = await startBackend(t)
  const admin = { userId: 'boss', role: 'admin' }
  const mod = { userId: 'mod', role: 'moderator', department: 'x' }
  const [boss, m, u] = [await backend.connect(admin), await backend.connect(mod), await backend.connect({ userId: 'u' })]
  const post = (path, as, body) => backend.call('POST', path, { as, body })
  assert.equal((await post('/api/users/u/notifications', mod, { title: 't', message: 'm' })).status, 202)
  assert.equal((await post('/api/users/boss/updates', admin, { data: { a: 1 } })).status, 202)
  assert.match((await post('/api/system-messages', admin, { message: 's' })).json.timestamp, TIME)
  assert.equal((await post('/api/admin-messages', admin, { message: 's' })).status, 202)
  assert.equal((await post('/api/departments/x/messages', mod, { message: 's' })).status, 202)
  assert.equal((await post('/api/departments/y/messages', mod, { message: 's' })).status, 403)
  assert.equal((await post('/api/system-messages', mod, { message: 's' })).json.code, 'FORBIDDEN')
  await settled(boss, m, u)
  const heard = (socket) => socket.seen.map(([name]) => name).filter((name) => /notification|_message|_update/.test(name))
  assert.deepEqual(heard(boss), ['user_update', 'system_message', 'admin_message'])
  assert.deepEqual(heard(m), ['system_message', 'department_message'])
  assert.deepEqual(heard(u), ['notification', 'system_message'])
  assert.equal(names(u, 'notification')[0].type, 'info')
  const offline = next(boss, 'user_offline')
  assert.equal((await post('/api/users/u/disconnect', admin)).status, 202)
  assert.deepEqual(await offline, { userId: 'u' })
})

test('HTTP: failures are problems with codes', async (t) => {
  const backend = await startBackend(t, { API_RATE_LIMIT: '14' })
  const admin = { userId: 'boss', role: 'admin' }
  const fails = async (status, code, method, path, options) => {
    const answer = await backend.call(method, path, options)
    assert.deepEqual([answer.status, answer.json.code], [status, code])
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    return answer
  }
  const path = '/api/system-messages'
  await fails(401, 'AUTH_TOKEN_REQUIRED', 'POST', path, { body: {} })
  await fails(401, 'AUTH_TOKEN_EXPIRED', 'POST', path, { as: { userId: 'a', exp: 1 } })
  await fails(401, 'AUTH_USER_BANNED', 'POST', path, { as: { userId: 'a', role: 'banned' } })
  await fails(400, 'BAD_REQUEST', 'POST', path, { as: admin, body: '{' })
  await fails(413, 'PAYLOAD_TOO_LARGE', 'POST', path, { as: admin, body: { message: 'x'.repeat(70_000) } })
  const { json } = await fails(422, 'VALIDATION_ERROR', 'POST', path, { as: admin, body: { message: 'x'.repeat(2001), y: 1 } })
  assert.deepEqual(json.details.map(({ path, keyword }) => path + keyword).sort(), ['/messagemaxLength', '/yadditionalProperties'])
  await fails(422, 'VALIDATION_ERROR', 'POST', '/api/users/u/updates', { as: admin, body: { data: { x: 'y'.repeat(17_000) } } })
  await fails(422, 'VALIDATION_ERROR', 'GET', '/api/messages?limit=201', { as: admin })
  await fails(403, 'FORBIDDEN', 'GET', '/api/messages?user=b', { as: { userId: 'a' } })
  await fails(404, 'NOT_FOUND', 'GET', '/api/presence/nobody', { as: admin })
  await fails(404, 'NOT_FOUND', 'GET', '/api/nothing', { as: admin })
  await fails(404, 'NOT_FOUND', 'GET', '/nothing')
  assert.equal((await backend.call('GET', '/healthz')).status, 200)
  assert.equal((await backend.call('GET', '/readyz')).status, 200)
  assert.equal((await backend.call('GET', '/asyncapi.json')).json.asyncapi, '3.0.0')
  assert.equal((await backend.call('GET', '/api/metrics', { as: admin })).json.totalConnections, 0)
  await fails(403, 'FORBIDDEN', 'GET', '/api/metrics', { as: { userId: 'a' } })
  await backend.call('GET', '/api/presence', { as: admin })
  const limited = await fails(429, 'RATE_LIMITED', 'GET', '/api/presence', { as: admin })
  assert.ok(Number(limited.headers.get('retry-after')) > 0)
  assert.equal(limited.headers.get('ratelimit-remaining'), '0')
})

test('HTTP: lists have pages', async (t) => {
  const backend = await startBackend(t, { SOCKET_RATE_LIMIT: '1000' })
  const a = await backend.connect({ userId: 'a' })
  const ids = []
  for (let i = 0; i < 5; i++) ids.push((await ask(a, 'send_message', { to: i % 2 ? 'b' : 'c', content: `${i}` })).messageId)
  const list = async (query, as = { userId: 'a' }) => (await backend.call('GET', `/api/messages?${query}`, { as })).json
  const first = await list('limit=2')
  assert.deepEqual(first.messages.map(({ id }) => id), [ids[4], ids[3]])
  const second = await list(`limit=3&before=${first.nextCursor}`)
  assert.deepEqual(second.messages.map(({ id }) => id), [ids[2], ids[1], ids[0]])
  assert.equal(second.nextCursor, undefined)
  assert.deepEqual((await list('with=b')).messages.map(({ id }) => id), [ids[3], ids[1]])
  assert.deepEqual((await list('', { userId: 'b' })).messages.map(({ id }) => id), [ids[3], ids[1]])
  assert.deepEqual((await list('user=c', { userId: 'x', role: 'admin' })).messages.length, 3)
  const { actionId } = await ask(a, 'user_action', { action: 'look', data: { at: 1 } })
  const { json } = await backend.call('GET', '/api/actions?action=look', { as: { userId: 'x', role: 'admin' } })
  assert.deepEqual([json.actions[0].id, json.actions[0].data, json.actions[0].socketId], [actionId, { at: 1 }, a.id])
})

test('SIGTERM answers what has come in, and exits with 0', async (t) => {
  const backend = await startBackend(t)
  const a = await backend.connect({ userId: 'a' })
  const answers = Array.from({ length: 10 }, (_, i) => ask(a, 'send_message', { to: 'b', content: `${i}` }))
  await answers[0]
  const exit = backend.kill('SIGTERM')
  assert.ok((await Promise.all(answers)).every(({ success }) => success))
  assert.equal(await exit, 0)
})
