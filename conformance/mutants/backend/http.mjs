// HTTP (section 8): what happens around every route, in this order: headers, rate
// limit, token, role, query, body.
import { authenticate, Refusal } from './auth.mjs'
import { Failure } from './failure.mjs'
import { fault } from './faults.mjs'
import { RequestWindows } from './limits.mjs'
import { log } from './log.mjs'
import { SECURITY_HEADERS } from './origins.mjs'
import { Problem, send, sendProblem } from './problem.mjs'
import { routes, validBody, validQuery } from './routes.mjs'

/** The listener of all requests that are not Socket.IO's. */
export function httpListener(context) {
  const { secret, limits, trustedProxies } = context
  const table = routes(context).map((route) => ({ ...route, parts: route.path.split('/') }))
  const windows = new RequestWindows(limits)

  return async function listen(req, res) {
    try {
      if (req.method === 'OPTIONS') return void res.writeHead(204).end()
      const { status = 200, json, type, text } = await answer(req, res)
      send(res, status, type ?? 'application/json', text ?? JSON.stringify(json))
    } catch (err) {
      sendProblem(res, asProblem(err, req, res))
    }
  }

  async function answer(req, res) {
    const url = new URL(req.url.replace(/^\/+/, '/'), 'http://localhost')
    if (url.pathname.startsWith('/api/')) countRequest(req, res)
    const { route, params } = find(req.method === 'HEAD' ? 'GET' : req.method, url.pathname)
    const call = { params }
    if (route.roles) {
      const token = bearer(req)
      const anonymous = fault('http-bearer-not-required') && token === undefined
      call.user = anonymous ? { userId: 'anonymous', role: 'user' } : authenticate(token, secret)
      if (!rolesOf(route).includes(call.user.role)) throw forbidden()
    }
    if (route.query) call.query = validQuery(route.query, url.searchParams)
    if (route.allowed && !route.allowed(call)) throw forbidden()
    if (req.method === 'POST') {
      const text = await bodyOf(req, res, limits.bodyBytes)
      if (route.body) call.body = validBody(route.body, text)
    }
    return route.run(call)
  }

  function countRequest(req, res) {
    const { allowed, limit, remaining, resetSeconds } = windows.take(addressOf(req, trustedProxies))
    res.setHeader('RateLimit-Limit', limit)
    res.setHeader('RateLimit-Remaining', remaining)
    res.setHeader('RateLimit-Reset', resetSeconds)
    if (allowed) return
    if (!fault('api-limit-without-retry-after')) res.setHeader('Retry-After', resetSeconds)
    throw new Problem(429, 'RATE_LIMITED', 'Too many requests, please slow down')
  }

  function find(method, pathname) {
    const parts = pathname.split('/')
    for (const route of table) {
      const params = route.method === method && match(route.parts, parts)
      if (params) return { route, params }
    }
    throw new Problem(404, 'NOT_FOUND', 'There is nothing here')
  }
}

/** Headers of every answer, and the access log's line when it has gone out. */
export function prepareAnswer(req, res, origins) {
  const began = performance.now()
  const polling = req.url.startsWith('/socket.io/')
  const bare = fault('security-headers-missing') || (fault('security-headers-missing-on-polling') && polling)
  for (const [name, value] of Object.entries({ ...(bare ? {} : SECURITY_HEADERS), ...origins.headersFor(req) })) res.setHeader(name, value)
  res.on('close', () => {
    // Without the query: a token may be in it.
    log('info', 'request', { method: req.method, path: req.url.split('?')[0], status: res.statusCode, ms: Math.round(performance.now() - began) })
  })
}

/** Where a request comes from: X-Forwarded-For counts only behind a proxy that is trusted. */
export function addressOf(req, trustedProxies) {
  const clean = (address = '') => address.trim().replace(/^::ffff:/, '')
  let address = clean(req.socket.remoteAddress)
  const hops = (req.headers['x-forwarded-for'] ?? '').split(',').map(clean).filter(Boolean)
  while (trustedProxies.includes(address) && hops.length > 0) address = hops.pop()
  return address
}

function match(pattern, parts) {
  if (pattern.length !== parts.length) return undefined
  const params = {}
  for (const [i, part] of pattern.entries()) {
    if (!part.startsWith(':')) {
      if (part !== parts[i]) return undefined
      continue
    }
    try {
      params[part.slice(1)] = decodeURIComponent(parts[i])
    } catch {
      return undefined
    }
    if (parts[i] === '') return undefined
  }
  return params
}

function bearer({ headers: { authorization = '' } }) {
  return /^bearer +(.*)$/i.exec(authorization)?.[1]
}

function rolesOf({ path, roles }) {
  if (fault('http-user-may-notify') && path.endsWith('/notifications')) return [...roles, 'user']
  if (fault('http-moderator-may-announce') && path === '/api/system-messages') return [...roles, 'moderator']
  if (fault('http-moderator-may-not-notify') && path.endsWith('/notifications')) return ['admin']
  if (fault('http-actions-open') && path === '/api/actions') return ['admin', 'moderator', 'user']
  return roles
}

const forbidden = () => new Problem(403, 'FORBIDDEN', 'Not allowed')

async function bodyOf(req, res, most) {
  const chunks = []
  let size = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > most && !fault('http-body-limit-ignored')) {
      res.setHeader('Connection', 'close') // the rest is not read
      throw new Problem(413, 'PAYLOAD_TOO_LARGE', 'The body is larger than 64 kB')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function asProblem(err, req, res) {
  if (err instanceof Problem) return err
  if (err instanceof Refusal) {
    res.setHeader('WWW-Authenticate', 'Bearer')
    return new Problem(401, err.code, err.message)
  }
  if (err instanceof Failure) return new Problem(422, err.code, err.message, err.details)
  log('error', 'request failed', { method: req.method, path: req.url.split('?')[0], cause: String(err?.stack ?? err) })
  return new Problem(500, 'EVENT_ERROR', 'An error occurred')
}
