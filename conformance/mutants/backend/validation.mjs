// Validation of what clients send, against the contract's own schema files
// (sections 4 and 6).
import { readFileSync } from 'node:fs'
import Ajv from 'ajv'
import { Failure } from './failure.mjs'

const SCHEMAS = {
  ping: 'system/ping.json',
  join_room: 'rooms/join_room.json',
  leave_room: 'rooms/leave_room.json',
  user_action: 'actions/user_action.json',
  send_message: 'messages/send_message.json',
}
const OPTIONAL = new Set(['ping']) // x-socketio: {args: optional}

// Lengths count code points: that is what ajv does. Defaults are filled in.
const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false })

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
    if (OPTIONAL.has(event)) return null
    throw invalid([{ path: '', keyword: 'minItems', message: 'is required' }])
  }
  if (args.length > 1) throw invalid([{ path: '', keyword: 'maxItems', message: 'must be the only argument' }])
  const binary = pathOfBinary(args[0])
  if (binary !== undefined) throw invalid([{ path: binary, keyword: 'type', message: 'must not be binary' }])
  check(validators[event], args[0])
  return args[0]
}

/** Throws a VALIDATION_ERROR with every way in which the value breaks the schema. */
export function check(validate, value) {
  if (!validate(value)) throw invalid(validate.errors.map(violation))
}

export function invalid(details) {
  return new Failure('VALIDATION_ERROR', describe(details[0]), details)
}

// Says what and where, such as `content: must be at most 1000 characters`.
function describe({ path, message }) {
  const where = path.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.')
  return `${where || 'payload'}: ${message}`
}

function violation({ instancePath, keyword, params }) {
  const property = params.missingProperty ?? params.additionalProperty
  const path = property === undefined ? instancePath : `${instancePath}/${escapePointer(property)}`
  return { path, keyword, message: text(keyword, params) }
}

const escapePointer = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1')

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
