// What HTTP can do (section 8): each route says who may call it, what its body and
// its query look like, and does it.
import { iso } from './clock.mjs'
import { Failure } from './failure.mjs'
import { fault } from './faults.mjs'
import { Problem } from './problem.mjs'
import { departmentRoom, userRoom } from './rooms.mjs'
import { check, compile, invalid } from './validation.mjs'

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$'
const string = (maxLength) => ({ type: 'string', minLength: 1, maxLength })
const closed = (properties, ...required) => compile({ type: 'object', required, additionalProperties: false, properties })
const open = (properties) => compile({ type: 'object', properties })

const notification = closed(
  { type: { type: 'string', enum: ['info', 'success', 'warning', 'error'], default: fault('notification-default-wrong') ? 'success' : 'info' }, title: string(200), message: string(2000) },
  'title', 'message',
)
const update = closed({ data: { type: 'object' } }, 'data')
const announcement = closed({ message: string(2000) }, 'message')

const limit = { type: 'integer', minimum: 1, maximum: fault('http-page-limit-unchecked') ? 1e9 : 200, default: fault('http-page-default-wrong') ? 100 : 50 }
const id = { type: 'string', pattern: ULID }
const presencePage = open({ limit, cursor: string(256) })
const messagePage = open({ limit, with: string(128), user: string(128), before: id, after: id })
const actionPage = open({ limit, user: string(128), action: string(100), before: id })

const ANYONE = ['admin', 'moderator', 'user']

/** Routes in the form {method, path, roles?, body?, query?, run}. run answers {status?, json} or {type, text}. */
export function routes({ io, store, presence, metrics, document, limits, metricsPublic, draining }) {
  const emit = (target, event, payload) => {
    const timestamp = iso()
    target.emit(event, typeof payload === 'function' ? payload(timestamp) : payload)
    if (fault('http-accepted-without-timestamp')) return { status: 202, json: { success: true } }
    return { status: fault('http-accepted-as-200') ? 200 : 202, json: { success: true, timestamp } }
  }

  return [
    {
      method: 'POST', path: '/api/users/:userId/notifications', roles: ['admin', 'moderator'], body: notification,
      run: ({ params, body: { type, title, message } }) =>
        emit(io.to(fault('notification-to-all') ? 'all_users' : userRoom(params.userId)), 'notification', (timestamp) => ({ type, title, message, timestamp: fault('notification-without-timestamp') ? undefined : timestamp })),
    },
    {
      method: 'POST', path: '/api/users/:userId/updates', roles: ['admin'], body: update,
      run: ({ params: { userId }, body: { data } }) => {
        if (Buffer.byteLength(JSON.stringify(data)) > limits.dataBytes && !fault('http-data-limit-ignored')) {
          throw invalid([{ path: '/data', keyword: 'maxLength', message: 'must be at most 16 kB' }])
        }
        const lost = fault('user-update-not-to-admins') || (fault('user-update-offline-lost') && !presence.info(userId))
        if (lost) return emit(io.to(userRoom(userId)), 'user_update', { userId, data })
        if (fault('user-update-twice')) io.to('admins').emit('user_update', { userId, data })
        return emit(io.to(fault('user-update-twice') ? userRoom(userId) : [userRoom(userId), 'admins']), 'user_update', { userId, data })
      },
    },
    {
      method: 'POST', path: '/api/users/:userId/disconnect', roles: ['admin'],
      run: ({ params }) => {
        const newest = fault('disconnect-one-socket') && presence.info(params.userId)?.socketId
        io.in(newest || userRoom(params.userId)).disconnectSockets(true)
        return { status: 202, json: { success: true, timestamp: iso() } }
      },
    },
    {
      method: 'POST', path: '/api/system-messages', roles: ['admin'], body: announcement,
      run: ({ body: { message } }) =>
        emit(io.to('all_users').except(fault('system-message-misses-moderators') ? 'moderators' : []), 'system_message', (timestamp) => ({
          type: fault('system-message-type-wrong') ? 'info' : 'system', message, timestamp,
        })),
    },
    {
      method: 'POST', path: '/api/admin-messages', roles: ['admin'], body: announcement,
      run: ({ body: { message } }) =>
        emit(io.to(fault('admin-message-to-all') ? 'all_users' : 'admins'), 'admin_message', (timestamp) => ({ type: 'admin', message, timestamp })),
    },
    {
      method: 'POST', path: '/api/departments/:department/messages', roles: ['admin', 'moderator'], body: announcement,
      allowed: ({ user, params: { department } }) =>
        user.role === 'admin' || user.department === department || fault('department-any-moderator'),
      run: ({ params: { department }, body: { message } }) =>
        emit(io.to(departmentTargets(department)), 'department_message', (timestamp) => ({
          type: 'department', department: fault('department-message-without-department') ? undefined : department, message, timestamp,
        })),
    },
    {
      method: 'GET', path: '/api/presence', roles: ANYONE, query: presencePage,
      run: ({ query: { limit, cursor } }) => {
        const users = presence.online().sort((a, b) => (a.id < b.id ? -1 : 1))
        return { json: page('users', users.filter(({ id }) => cursor === undefined || id > cursor), limit) }
      },
    },
    {
      method: 'GET', path: '/api/presence/:userId', roles: ANYONE,
      run: ({ params }) => {
        const info = presence.info(params.userId)
        if (!info && fault('http-offline-200')) return { json: {} }
        if (!info) throw new Problem(404, 'NOT_FOUND', 'The user is offline')
        return { json: info }
      },
    },
    {
      method: 'GET', path: '/api/messages', roles: ANYONE, query: messagePage,
      allowed: ({ user, query }) => fault('history-of-others-open') || user.role === 'admin' || query.user === undefined || query.user === user.userId,
      run: ({ user, query: { limit, with: other, user: owner = user.userId, before, after } }) => {
        const found = store.messages.filter(
          ({ id, from, to }) =>
            (from === owner || (to === owner && !fault('history-only-sent'))) &&
            (other === undefined || fault('history-with-ignored') || (from === owner ? to : from) === other) &&
            (before === undefined || id < before) && (after === undefined || fault('history-after-ignored') || id > after),
        )
        if (!fault('history-oldest-first')) found.reverse()
        return { json: page('messages', found.map(message), limit) }
      },
    },
    {
      method: 'GET', path: '/api/actions', roles: ['admin'], query: actionPage,
      run: ({ query: { limit, user, action, before } }) => {
        const found = store.actions.filter(
          (entry) =>
            (user === undefined || entry.userId === user) && (action === undefined || entry.action === action) &&
            (before === undefined || entry.id < before),
        )
        return { json: page('actions', found.reverse().map(logged), limit) }
      },
    },
    { method: 'GET', path: '/api/metrics', roles: metricsPublic || fault('http-metrics-open') ? undefined : ['admin'], run: () => ({ json: metrics.snapshot() }) },
    { method: 'GET', path: fault('http-healthz-missing') ? '/health' : '/healthz', run: () => ({ json: { status: 'ok' } }) },
    {
      method: 'GET', path: '/readyz',
      run: () => {
        if (draining()) throw new Problem(503, 'STORE_UNAVAILABLE', 'The server is draining')
        return { json: { status: 'ready' } }
      },
    },
    { method: 'GET', path: '/asyncapi.yaml', run: () => ({ type: 'application/yaml; charset=utf-8', text: document.yaml }) },
    { method: 'GET', path: '/asyncapi.json', run: () => ({ type: 'application/json', text: document.json }) },
    { method: 'GET', path: '/docs', run: () => ({ type: 'text/html; charset=utf-8', text: readingPage(document.yaml) }) },
  ]
}

/** The body, valid and with its defaults. */
export function validBody(validate, text) {
  let body
  try {
    body = JSON.parse(text)
  } catch {
    throw fault('http-bad-json-500') ? new Problem(500, 'EVENT_ERROR', 'An error occurred') : new Problem(400, 'BAD_REQUEST', 'The body is not JSON')
  }
  return valid(validate, body)
}

/** The query's parameters, valid and with their defaults. */
export function validQuery(validate, parameters) {
  const query = Object.fromEntries(parameters)
  if (/^-?[0-9]+$/.test(query.limit)) query.limit = Number(query.limit)
  return valid(validate, query)
}

function valid(validate, value) {
  try {
    check(validate, value)
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure
    throw new Problem(422, failure.code, failure.message, failure.details)
  }
  return value
}

// One page of a list. The cursor is the id of its last entry, which the next page is behind.
function page(name, entries, limit) {
  const shown = entries.slice(0, limit)
  if (fault('http-cursor-missing')) return { [name]: shown }
  if (fault('http-cursor-skips-one') && entries.length > limit) return { [name]: shown, nextCursor: entries[limit].id }
  return { [name]: shown, nextCursor: entries.length > limit ? shown.at(-1).id : undefined }
}

function departmentTargets(department) {
  if (fault('department-message-to-all')) return 'all_users'
  if (fault('department-case-ignored')) return [department, department.toUpperCase(), department.toLowerCase()].map(departmentRoom)
  return departmentRoom(department)
}

const message = ({ id, from, to, content, type, timestamp }) => ({ id, from, to, content, type, timestamp })
const logged = ({ id, userId, action, data, socketId, timestamp }) => ({ id, userId, action, data, socketId, timestamp })

const readingPage = (yaml) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Parlance</title><pre>${yaml.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</pre></html>`
