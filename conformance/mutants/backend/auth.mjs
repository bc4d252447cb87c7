// Authentication (section 2): who a token belongs to, or why it is refused. The
// handshake and the bearer tokens of HTTP follow the same rules.
import jwt from 'jsonwebtoken'
import { fault } from './faults.mjs'

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
    super(fault('auth-refusal-leaks-cause') && code === 'AUTH_TOKEN_INVALID' ? 'jwt malformed' : REFUSALS[code])
    this.code = code
    this.data = fault('auth-refusal-without-code') ? undefined : { code }
  }
}

/** The token of a handshake: auth.token, and the query's where that is absent, null or empty. */
export function handshakeToken({ auth, query }) {
  const token = auth.token
  if (fault('auth-query-first') && query.token) return query.token
  if (fault('auth-non-string-falls-back') && typeof token !== 'string') return query.token
  return token === undefined || token === null || token === '' ? query.token : token
}

/**
 * The user whom a token names: {userId, role, department?, expiresAt}, the last in
 * milliseconds. Checked in this order: signature and form, expiry, user id, role.
 */
export function authenticate(token, secret, now = Date.now()) {
  if (token === undefined || token === null || token === '') {
    throw new Refusal(fault('auth-missing-token-invalid') ? 'AUTH_TOKEN_INVALID' : 'AUTH_TOKEN_REQUIRED')
  }
  const claims = verified(token, secret)
  const seconds = now / 1000
  checkForm(claims, seconds)
  if (fault('auth-banned-before-expiry') && claims.role === 'banned') throw new Refusal('AUTH_USER_BANNED')
  if (fault('auth-user-id-before-expiry')) userIdOf(claims)
  if (fault('auth-exp-leeway')) claims.exp += LEEWAY_SECONDS
  if (fault('auth-expired-accepted') && claims.exp <= seconds) claims.exp = Infinity
  if (claims.exp <= seconds) throw new Refusal('AUTH_TOKEN_EXPIRED')
  const userId = userIdOf(claims)
  const role = ROLES.includes(claims.role) ? claims.role : unknownRole(claims.role)
  if (role === 'banned' && !fault('auth-banned-accepted')) throw new Refusal('AUTH_USER_BANNED')
  return { userId, role, department: claims.department || undefined, expiresAt: claims.exp * 1000 }
}

function unknownRole(role) {
  if (fault('auth-unknown-role-is-admin') && role !== undefined) return 'admin'
  if (fault('auth-unknown-role-kept') && role !== undefined) return role
  return 'user'
}

function verified(token, secret) {
  if (typeof token !== 'string') throw new Refusal('AUTH_TOKEN_INVALID')
  try {
    if (fault('auth-alg-none-accepted') && jwt.decode(token, { complete: true })?.header.alg === 'none') return jwt.decode(token)
    if (fault('auth-signature-ignored') && jwt.decode(token)) return jwt.decode(token)
    const algorithms = fault('auth-hs512-accepted') ? ['HS256', 'HS512'] : ['HS256']
    const claims = jwt.verify(token, secret, { algorithms, ignoreExpiration: true, ignoreNotBefore: true })
    if (typeof claims === 'object' && claims !== null) return claims
  } catch {
    // Why it is not valid is nobody's business but the log's, and not even that: the answer is one.
  }
  throw new Refusal('AUTH_TOKEN_INVALID')
}

function checkForm(claims, seconds) {
  const { exp = fault('auth-exp-not-required') ? (claims.exp = Infinity) : undefined, department } = claims
  const nbf = fault('auth-nbf-ignored') ? undefined : claims.nbf
  const iat = fault('auth-iat-ignored') ? undefined : claims.iat
  const latest = seconds + (fault('auth-no-leeway') ? 0 : LEEWAY_SECONDS)
  const ok =
    typeof exp === 'number' &&
    (nbf === undefined || (Number.isFinite(nbf) && nbf <= latest)) &&
    (iat === undefined || (Number.isFinite(iat) && iat <= latest)) &&
    (department === undefined || department === null || typeof department === 'string')
  if (!ok) throw new Refusal('AUTH_TOKEN_INVALID')
}

// userId, or sub where there is none; an integer becomes a string.
function userIdOf({ userId, sub }) {
  const claim = fault('auth-sub-ignored') ? userId : (userId ?? sub)
  if (fault('auth-integer-id-stays-number') && Number.isSafeInteger(claim)) return claim
  const id = Number.isSafeInteger(claim) ? String(claim) : claim
  if (typeof id !== 'string' || id === '' || [...id].length > 128) throw new Refusal('AUTH_TOKEN_INVALID')
  return id
}
