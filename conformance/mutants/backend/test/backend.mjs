// What the tests drive: a backend in a process of its own, and clients of it.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import jwt from 'jsonwebtoken'
import { io } from 'socket.io-client'

export const SECRET = 'a secret of the tests, long enough for HS256'
const SERVER = fileURLToPath(new URL('../server.mjs', import.meta.url))

export async function startBackend(t, { dir, ...env } = {}) {
  const data = dir ?? mkdtempSync(join(tmpdir(), 'mutants-'))
  const child = spawn(process.execPath, [SERVER], {
    env: { PATH: process.env.PATH, PORT: '0', JWT_SECRET: SECRET, DATA_DIR: data, API_RATE_LIMIT: '10000', ...env },
    stdio: ['ignore', 'pipe', process.env.TEST_LOG ? 'inherit' : 'ignore'],
  })
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once('line', (text) => resolve([text]))),
    exited.then((code) => Promise.reject(new Error(`the backend ended at once: ${code}`))),
  ])
  const clients = []
  t.after(async () => {
    for (const client of clients) client.disconnect()
    child.kill('SIGKILL')
    await exited
    if (!dir) rmSync(data, { recursive: true, force: true })
  })
  const { url } = JSON.parse(line)
  return {
    url,
    data,
    kill(signal) {
      child.kill(signal)
      return exited
    },
    client(claims, options = {}) {
      const { auth, ...rest } = options
      const socket = io(url, { forceNew: true, reconnection: false, auth: { token: token(claims), ...auth }, ...rest })
      socket.seen = []
      socket.onAny((event, ...args) => socket.seen.push([event, ...args]))
      clients.push(socket)
      return socket
    },
    async connect(claims, options) {
      const socket = this.client(claims, options)
      await next(socket, 'online_users')
      return socket
    },
    async call(method, path, { as, body, headers = {} } = {}) {
      const res = await fetch(url + path, {
        method,
        headers: { ...(as ? { authorization: `Bearer ${token(as)}` } : {}), ...headers },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      })
      const text = await res.text()
      return { status: res.status, headers: res.headers, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
    },
  }
}

export function token(claims, options = { expiresIn: 3600 }) {
  return typeof claims === 'object' ? jwt.sign(claims, SECRET, 'exp' in claims ? {} : options) : claims
}

/** The next event of a name, or connect_error. */
export function next(socket, event, ms = 3000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${ms} ms`)), ms)
    socket.once(event, (value) => {
      clearTimeout(timer)
      resolve(value)
    })
  })
}

/** Resolves when everything that was sent to the socket before has arrived. */
export async function settled(...sockets) {
  for (const socket of sockets) await ask(socket, 'ping')
}

export const ask = (socket, event, ...args) => socket.timeout(3000).emitWithAck(event, ...args)
export const names = (socket, event) => socket.seen.filter(([name]) => name === event).map(([, value]) => value)
