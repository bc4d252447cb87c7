// Authentication (section 2): who a token belongs to, or why it is refused. The
// handshake and the bearer tokens of HTTP follow the same rules.
import jwt from 'jsonwebtoken'

export const REFUSALS = {
  AUTH_TOKEN_REQUIRED: 'Authentication token required',
  AUTH_TOKEN_EXPIRED: 'Token expired',
  AUTH_USER_BANNED: 'User is banned',
  AUTH_TOKEN_INVALID: 'Invalid authentication token',
}

const LEEWAY_SECONDS = 5 // for nbf and iat; exp has none
const ROLES = ['admin', 'moderator', 'user', 'banned']

/** A refusal; socket.io sends message and data as connect_error. */
export class Refusal extends Error {
  constructor(code) {
    super(REFUSALS[code])
    this.code = code
    this.data = { code }
  }
}

/** The token of a handshake: auth.token, and the query's where that is absent, null or empty. */
export function handshakeToken({ auth, query }) {
  const token = auth.token
  return token === undefined || token === null || token === '' ? query.token : token
}

/**
 * The user whom a token names: {userId, role, department?, expiresAt}, the last in
 * milliseconds. Checked in this order: signature and form, expiry, user id, role.
 */
export function authenticate(token, secret, now = Date.now()) {
  if (token === undefined || token === null || token === '') throw new Refusal('AUTH_TOKEN_REQUIRED')
  const claims = verified(token, secret)
  const seconds = now / 1000
  checkForm(claims, seconds)
  if (claims.exp <= seconds) throw new Refusal('AUTH_TOKEN_EXPIRED')
  const userId = userIdOf(claims)
  const role = ROLES.includes(claims.role) ? claims.role : 'user'
  if (role === 'banned') throw new Refusal('AUTH_USER_BANNED')
  return { userId, role, department: claims.department || undefined, expiresAt: claims.exp * 1000 }
}

function verified(token, secret) {
  if (typeof token !== 'string') throw new Refusal('AUTH_TOKEN_INVALID')
  try {
    const claims = jwt.verify(token, secret, { algorithms: ['HS256'], ignoreExpiration: true, ignoreNotBefore: true })
    if (typeof claims === 'object' && claims !== null) return claims
  } catch {
    // Why it is not valid is nobody's business but the log's, and not even that: the answer is one.
  }
  throw new Refusal('AUTH_TOKEN_INVALID')
}

function checkForm({ exp, nbf, iat, department }, seconds) {
  const latest = seconds + LEEWAY_SECONDS
  const ok =
    Number.isFinite(exp) &&
    (nbf === undefined || (Number.isFinite(nbf) && nbf <= latest)) &&
    (iat === undefined || (Number.isFinite(iat) && iat <= latest)) &&
    (department === undefined || department === null || typeof department === 'string')
  if (!ok) throw new Refusal('AUTH_TOKEN_INVALID')
}

// userId, or sub where there is none; an integer becomes a string.
function userIdOf({ userId, sub }) {
  const claim = userId ?? sub
  const id = Number.isSafeInteger(claim) ? String(claim) : claim
  if (typeof id !== 'string' || id === '' || [...id].length > 128) throw new Refusal('AUTH_TOKEN_INVALID')
  return id
}
