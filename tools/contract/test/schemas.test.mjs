// The edges of the client payloads and of the shared forms: what is just allowed, and with which keyword the next value fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { projectOf } from '../judges.mjs'
import { Contract, uriOf } from '../lib/contract.mjs'

const contract = new Contract(projectOf([]))
const ajv = addFormats(new Ajv({ allErrors: true, allowUnionTypes: true }))
for (const [file, schema] of contract.payloadSchemas) ajv.addSchema(schema, uriOf(file))

/** What is wrong with a value: "path keyword" for each fault, sorted. */
function faults(file, value) {
  const validate = ajv.getSchema(uriOf(`schemas/${file}`))
  return validate(value) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.keyword}`.trim()).sort()
}

const safe = Number.MAX_SAFE_INTEGER
const ulid = '01KDYAK3SE4TFF59TDWH9EDD1R'
const time = '2026-01-02T03:04:05.678Z'
const sent = { to: 'u2', content: 'x' }
const user = { id: 'u1', socketId: 's', connectedAt: time, lastSeen: time }

// schema, value, faults
const cases = [
  ['system/ping.json', null, []],
  ['system/ping.json', {}, []],
  ['system/ping.json', { timestamp: -safe }, []],
  ['system/ping.json', { timestamp: safe }, []],
  ['system/ping.json', { timestamp: 2 ** 53 }, ['/timestamp maximum']],
  ['system/ping.json', { timestamp: 1.5 }, ['/timestamp type']],
  ['system/ping.json', { timestamp: null }, ['/timestamp type']],
  ['system/ping.json', [], ['type']],
  ['system/pong.json', { timestamp: -1 }, ['/timestamp minimum']],
  ['system/connect_auth.json', {}, []],
  ['system/connect_auth.json', { token: null, pid: 'added by the client' }, []],
  ['system/connect_auth.json', { token: 5, serverOffset: ulid.toLowerCase() }, ['/serverOffset pattern', '/token type']],
  ['system/connect_auth.json', { serverOffset: `8${ulid.slice(1)}` }, ['/serverOffset pattern']],
  ['rooms/join_room.json', { room: 'Az0_.:-' }, []],
  ['rooms/join_room.json', { room: 'r'.repeat(128) }, []],
  ['rooms/join_room.json', { room: 'r'.repeat(129) }, ['/room maxLength']],
  ['rooms/join_room.json', { room: '' }, ['/room minLength']],
  ['rooms/join_room.json', { room: 'a b' }, ['/room pattern']],
  ['rooms/join_room.json', { room: 'a\n' }, ['/room pattern']],
  ['rooms/leave_room.json', {}, ['required']],
  ['rooms/leave_room.json', { room: 'a', to: 'b' }, ['additionalProperties']],
  ['actions/user_action.json', { action: 'a'.repeat(100), data: { any: [null, { depth: 1 }] } }, []],
  ['actions/user_action.json', { action: 'a'.repeat(101), data: [] }, ['/action maxLength', '/data type']],
  ['actions/user_action.json', { action: '', data: null }, ['/action minLength', '/data type']],
  ['messages/send_message.json', sent, []],
  ['messages/send_message.json', { ...sent, content: '😀'.repeat(1000) }, []],
  ['messages/send_message.json', { ...sent, content: '😀'.repeat(1001) }, ['/content maxLength']],
  ['messages/send_message.json', { ...sent, to: 'u'.repeat(129), type: 'video' }, ['/to maxLength', '/type enum']],
  ['messages/send_message.json', { ...sent, clientOffset: 'c'.repeat(64) }, []],
  ['messages/send_message.json', { ...sent, clientOffset: 'c'.repeat(65) }, ['/clientOffset maxLength']],
  ['messages/send_message.json', { ...sent, clientOffset: '' }, ['/clientOffset minLength']],
  ['messages/send_message_ack.json', { success: true, messageId: ulid, timestamp: time, duplicate: false }, ['/duplicate const']],
  ['messages/send_message_ack.json', { success: true, messageId: ulid, timestamp: '2026-01-02T03:04:05.678+00:00' }, ['/timestamp pattern']],
  ['presence/online_users.json', Array(1000).fill(user), []],
  ['presence/online_users.json', Array(1001).fill(user), ['maxItems']],
  ['presence/user_info.json', { ...user, role: 'banned', connections: 0 }, ['/connections minimum', '/role enum']],
  ['notices/notification.json', { type: 'alert', title: 't'.repeat(201), message: '', timestamp: time }, ['/message minLength', '/title maxLength', '/type enum']],
  ['notices/system_message.json', { type: 'admin', message: 'm'.repeat(2001), timestamp: time }, ['/message maxLength', '/type const']],
  ['failures/failure.json', { success: true, error: 'x', code: 'NEW_CODE' }, ['/code enum', '/success const']],
  ['failures/failure.json', { success: false, error: 'x', code: 'FORBIDDEN', event: 'e' }, ['additionalProperties']],
  ['failures/error_event.json', { message: 'x', code: 'REPLAY_TRUNCATED' }, []],
  ['failures/error_event.json', { message: 'x', code: 'UNKNOWN_EVENT', event: `${'e'.repeat(64)}…` }, []],
  ['common/violation.json', { path: '/a~1b/0', keyword: 'type', message: 'm' }, []],
  ['common/violation.json', { path: 'a', keyword: '', message: 'm' }, ['/keyword minLength', '/path pattern']],
]

for (const [file, value, want] of cases) {
  const shown = JSON.stringify(value).slice(0, 60)
  test(`${file} ${shown}: ${want.join(', ') || 'valid'}`, () => assert.deepEqual(faults(file, value), want))
}
