// Validation of what clients send, against the contract's own schema files
// (sections 4 and 6).
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import { Failure } from './failure.mjs'
import { fault } from './faults.mjs'

const SCHEMAS = {
  ping: 'system/ping.json',
  join_room: 'rooms/join_room.json',
  leave_room: 'rooms/leave_room.json',
  user_action: 'actions/user_action.json',
  send_message: 'messages/send_message.json',
}
const OPTIONAL = new Set(['ping']) // x-socketio: {args: optional}

// Lengths count code points: that is what ajv does. Defaults are filled in.
const ajv = new Ajv({
  allErrors: !fault('details-first-only'),
  useDefaults: !fault('message-type-no-default'),
  coerceTypes: fault('types-coerced'),
  ...(fault('lengths-in-utf16-units') ? { unicode: false } : {}),
  strict: false,
  verbose: true,
})

export const compile = (schema) => ajv.compile(schema)

const validators = Object.fromEntries(
  Object.entries(SCHEMAS).map(([event, file]) => {
    const schema = JSON.parse(readFileSync(new URL(`../../../schemas/${file}`, import.meta.url), 'utf8'))
    return [event, compile(schema)]
  }),
)

/** The payload of a client event out of its arguments, valid and with its defaults. */
export function payloadOf(event, args) {
  if (args.length === 0) {
    if (OPTIONAL.has(event) && !fault('ping-payload-required')) return null
    throw invalid([{ path: '', keyword: 'minItems', message: 'is required' }])
  }
  if (args.length > 1 && !fault('extra-argument-ignored')) throw invalid([{ path: '', keyword: 'maxItems', message: 'must be the only argument' }])
  if (fault('ping-null-refused') && event === 'ping' && args[0] === null) throw invalid([{ path: '', keyword: 'type', message: 'must be object' }])
  if (fault('null-payload-unvalidated') && args[0] === null) return null
  const binary = pathOfBinary(args[0])
  if (binary !== undefined && !fault('binary-accepted')) throw invalid([{ path: binary, keyword: 'type', message: 'must not be binary' }])
  check(validators[event], args[0])
  return args[0]
}

/** Throws a VALIDATION_ERROR with every way in which the value breaks the schema. */
export function check(validate, value) {
  if (fault('lengths-in-bytes') && Buffer.byteLength(String(value?.content ?? '')) > 1000) {
    throw invalid([{ path: '/content', keyword: 'maxLength', message: 'must be at most 1000 characters' }])
  }
  if (validate(value)) return
  const errors = validate.errors.filter((error) => !forgiven(error))
  if (errors.length > 0) throw invalid(errors.map(violation))
}

// The faults that let one kind of violation through.
function forgiven({ instancePath, keyword, params, data }) {
  const at = (path, word) => instancePath === path && keyword === word
  return (
    (fault('unknown-property-accepted') && keyword === 'additionalProperties') ||
    (fault('message-from-forged') && params.additionalProperty === 'from') ||
    (fault('room-pattern-unanchored') && at('/room', 'pattern') && /[A-Za-z0-9_.:-]/.test(data)) ||
    (fault('room-length-unchecked') && at('/room', 'maxLength')) ||
    (fault('content-length-unchecked') && at('/content', 'maxLength')) ||
    (fault('content-empty-accepted') && at('/content', 'minLength')) ||
    (fault('message-type-unchecked') && at('/type', 'enum')) ||
    (fault('client-offset-length-unchecked') && at('/clientOffset', 'maxLength')) ||
    (fault('action-length-unchecked') && at('/action', 'maxLength')) ||
    (fault('action-data-array-accepted') && at('/data', 'type') && Array.isArray(data))
  )
}

export function invalid(details) {
  return new Failure('VALIDATION_ERROR', describe(details[0]), details)
}

// Says what and where, such as `content: must be at most 1000 characters`.
function describe({ path, message }) {
  const where = path.replace(/^\//, '').split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.')
  if (fault('failure-message-without-field')) return message
  return `${where || 'payload'}: ${message}`
}

function violation({ instancePath, keyword, params, data }) {
  const property = params.missingProperty ?? params.additionalProperty
  let path = property === undefined ? instancePath : `${instancePath}/${escapePointer(property)}`
  if (fault('details-path-of-parent')) path = instancePath
  if (fault('details-path-with-dots')) path = path.slice(1).replaceAll('/', '.')
  if (fault('failure-message-repeats-value')) return { path, keyword, message: `${text(keyword, params)}, not ${JSON.stringify(data)}` }
  return { path, keyword: fault('details-keyword-wrong') ? `${keyword}Error` : keyword, message: text(keyword, params) }
}

const escapePointer = (part) => fault('details-path-unescaped') ? part : part.replaceAll('~', '~0').replaceAll('/', '~1')

// Texts for people. None repeats the value that was sent.
function text(keyword, params) {
  switch (keyword) {
    case 'required': return 'is required'
    case 'additionalProperties': return 'is not a known property'
    case 'type': return `must be ${[params.type].flat().join(' or ')}`
    case 'minLength': return `must be at least ${params.limit} character${params.limit === 1 ? '' : 's'}`
    case 'maxLength': return `must be at most ${params.limit} characters`
    case 'pattern': return `must match ${params.pattern}`
    case 'enum': return `must be one of ${params.allowedValues.join(', ')}`
    case 'minimum': return `must be at least ${params.limit}`
    case 'maximum': return `must be at most ${params.limit}`
    default: return 'is not valid'
  }
}

// No payload of the contract has room for binary attachments. Without recursion:
// a payload may be nested some ten thousand levels deep.
function pathOfBinary(payload) {
  const open = [['', payload]]
  while (open.length > 0) {
    const [path, value] = open.pop()
    if (Buffer.isBuffer(value)) return path
    if (value === null || typeof value !== 'object') continue
    for (const key of Object.keys(value)) {
      const inner = value[key]
      if (inner !== null && typeof inner === 'object') open.push([`${path}/${escapePointer(key)}`, inner])
    }
  }
  return undefined
}
