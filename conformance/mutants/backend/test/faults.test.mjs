import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { startBackend } from './backend.mjs'

const folder = new URL('..', import.meta.url)
const run = (args, env = {}) =>
  spawnSync(process.execPath, ['server.mjs', ...args], { cwd: fileURLToPath(folder), env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' })
const faults = JSON.parse(run(['--faults']).stdout)
const AREAS = 'auth transport rooms validation messages replay order presence notices limits failures http robustness stop'.split(' ')

test('the table and the code name the same faults', () => {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
  const text = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('')
  const used = new Set([...text.matchAll(/\bfault\('([a-z0-9-]+)'\)/g)].map(([, id]) => id))
  const listed = faults.map(({ id }) => id)
  assert.deepEqual([...used].sort(), [...listed].sort())
  assert.equal(new Set(listed).size, listed.length)
})

test('every fault says what it breaks', () => {
  for (const { id, breaks, area, about, 'caught-by': caughtBy } of faults) {
    assert.ok(breaks && about && AREAS.includes(area) && Array.isArray(caughtBy), id)
  }
})

test('an unknown fault ends the start', () => {
  const { status, stderr } = run([], { FAULT: 'no-such-fault', JWT_SECRET: 'x' })
  assert.equal(status, 1)
  assert.match(stderr, /no-such-fault/)
})

test('a backend with a fault starts', async (t) => {
  const backend = await startBackend(t, { FAULT: 'http-healthz-missing' })
  assert.equal((await backend.call('GET', '/healthz')).status, 404)
})
