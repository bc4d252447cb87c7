// Origins, CORS and security headers (sections 1 and 8).

import { fault } from './faults.mjs'

export const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;" +
    "object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
}

export class Origins {
  #allowed

  /** frontend: the origins of FRONTEND_URL, separated by commas. */
  constructor(frontend = 'http://localhost:3000') {
    this.#allowed = frontend.split(',').map((origin) => origin.trim().replace(/\/$/, '')).filter(Boolean)
  }

  /** Whether a request may come from where it says. One without Origin comes from no browser. */
  allows({ headers: { origin, host } }) {
    if (fault('origin-own-refused')) return origin === undefined || this.#allowed.includes(origin)
    return origin === undefined || this.#allowed.includes(origin) || origin === `http://${host}` || origin === `https://${host}`
  }

  /** The CORS headers of an answer: the caller's own origin, never a star; none for a foreign one. */
  headersFor(req) {
    const headers = { Vary: 'Origin' }
    if (fault('cors-star')) return { 'Access-Control-Allow-Origin': '*' }
    if (req.headers.origin === undefined || (!this.allows(req) && !fault('cors-for-foreign-origins'))) return headers
    headers['Access-Control-Allow-Origin'] = req.headers.origin
    if (!fault('cors-without-credentials')) headers['Access-Control-Allow-Credentials'] = 'true'
    if (req.method === 'OPTIONS') {
      headers['Access-Control-Allow-Methods'] = 'GET,POST'
      headers['Access-Control-Allow-Headers'] = 'Authorization,Content-Type'
    }
    return headers
  }
}
