// Failures of HTTP (section 8): application/problem+json with a code.
import { STATUS_CODES } from 'node:http'

import { fault } from './faults.mjs'

export class Problem extends Error {
  constructor(status, code, detail, details = undefined) {
    super(detail)
    Object.assign(this, { status, code, details })
  }
}

export function sendProblem(res, { status, code, message, details }) {
  if (fault('http-not-found-html') && status === 404) return send(res, 404, 'text/html', '<h1>Not found</h1>')
  if (fault('http-validation-400') && status === 422) status = 400
  if (fault('http-problem-without-code')) code = undefined
  if (fault('http-problem-without-details')) details = undefined
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code, details }
  send(res, status, fault('http-problem-content-type') ? 'application/json' : 'application/problem+json', JSON.stringify(body))
}

export function send(res, status, type, body) {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}
