// Failures of HTTP (section 8): application/problem+json with a code.
import { STATUS_CODES } from 'node:http'

export class Problem extends Error {
  constructor(status, code, detail, details = undefined) {
    super(detail)
    Object.assign(this, { status, code, details })
  }
}

export function sendProblem(res, { status, code, message, details }) {
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code, details }
  send(res, status, 'application/problem+json', JSON.stringify(body))
}

export function send(res, status, type, body) {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  res.end(body)
}
