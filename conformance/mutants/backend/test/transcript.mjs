// What a clean backend and one with a fault show to their clients, side by side:
//
//   node test/transcript.mjs            every fault: prints those that nobody would notice
//   node test/transcript.mjs <id> ...   these faults, and in what they differ
//
// A fault that changes nothing here is no fault, or is missing from the scenes.
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { mkdtempSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { scenes } from './scenes.mjs'

const server = fileURLToPath(new URL('../server.mjs', import.meta.url))
const areas = new Map(JSON.parse(execFileSync(process.execPath, [server, '--faults'])).map(({ id, area }) => [id, area]))

// Where a fault of an area shows.
const WHERE = {
  auth: ['handshake'], transport: ['transport'], rooms: ['rooms'], validation: ['validation', 'rooms'], failures: ['validation'],
  messages: ['validation', 'messages'], replay: ['messages', 'truncated'], order: ['messages'], presence: ['presence', 'handshake'],
  notices: ['notices'], limits: ['limits', 'presence', 'slowReader', 'abuse'], http: ['http', 'notices', 'transport'],
  robustness: ['transport', 'validation'], stop: ['stop'],
}
const asked = process.argv.slice(2)

/** One line a thing seen, by scene; what differs from run to run is left out. */
async function transcript(fault) {
  const lines = []
  for (const name of fault ? WHERE[areas.get(fault)] : Object.keys(scenes)) {
    const scene = scenes[name]
    const dir = mkdtempSync('/tmp/mutants-')
    const cleanups = []
    const see = (...values) => lines.push(`${name}: ${values.map((value) => plain(value)).join(' ')}`)
    try {
      await scene({ env: { dir, ...(fault ? { FAULT: fault } : {}) }, t: { after: (clean) => cleanups.push(clean) }, see })
    } catch (err) {
      see('ended', err.message)
    }
    for (const clean of cleanups) await clean()
    rmSync(dir, { recursive: true, force: true })
  }
  return lines
}

// Ids, times and addresses are told apart by their form only.
function plain(value) {
  return (JSON.stringify(value) ?? 'undefined')
    .replace(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, 'ULID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME')
    .replace(/\b1[0-9]{12}\b/g, 'MS')
    .replace(/(\\?"(?:socketId|sid)\\?":\\?")[\w-]{20}/g, '$1ID')
    .replace(/(127\.0\.0\.1|localhost):(?!3000)\d+/g, 'HOST')
    .replace(/retryAfterMs(\\?":)\d+\b(?!\.)/g, 'retryAfterMs$1N')
}

const reference = await transcript()
const again = await transcript()
report('(clean)', again)
const queue = asked.length > 0 ? asked : [...areas.keys()]
let unseen = 0
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
  for (let id; (id = queue.shift()); ) report(id, await transcript(id))
}))
console.log(`${unseen} unseen`)

function report(id, lines) {
  const shown = areas.has(id) ? WHERE[areas.get(id)] : Object.keys(scenes)
  const clean = reference.filter((line) => shown.includes(line.slice(0, line.indexOf(':'))))
  const more = lines.filter((line) => !clean.includes(line))
  const less = clean.filter((line) => !lines.includes(line))
  const moved = more.length + less.length === 0 && String(lines.toSorted()) !== String(clean.toSorted())
  const differs = more.length + less.length > 0 || moved
  if (!differs && id !== '(clean)') unseen++
  if (differs === (id === '(clean)')) console.log(differs ? 'UNSTEADY' : 'UNSEEN', id)
  if (!differs || (asked.length === 0 && id !== '(clean)')) return
  for (const line of less.slice(0, 5)) console.log(`  ${id} - ${line.slice(0, 300)}`)
  for (const line of more.slice(0, 5)) console.log(`  ${id} + ${line.slice(0, 300)}`)
  if (moved) console.log(`  ${id} counts`)
}
