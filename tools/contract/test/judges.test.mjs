// Proves that each judge can fail: a copy of the contract is broken in one way, and the judges named must say so.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { apiDocument, exampleDocument, exampleJudges, judges, projectOf, run } from '../judges.mjs'

const project = projectOf([])
const scratch = mkdtempSync(join(tmpdir(), 'contract-'))
after(() => rmSync(scratch, { recursive: true }))

let copies = 0

/** A copy of the contract, changed by break(edit). */
function copyOf(breakIt) {
  const copy = join(scratch, String(copies++))
  mkdirSync(copy)
  for (const folder of ['asyncapi', 'schemas', 'openapi']) cpSync(join(project, folder), join(copy, folder), { recursive: true })
  breakIt({
    replace(file, from, to) {
      const text = readFileSync(join(copy, file), 'utf8')
      assert.ok(text.includes(from), `${file} no longer has ${from}`)
      writeFileSync(join(copy, file), text.replace(from, () => to))
    },
    write: (file, text) => writeFileSync(join(copy, file), text),
    json(file, change) {
      const value = JSON.parse(readFileSync(join(copy, file), 'utf8'))
      change(value)
      writeFileSync(join(copy, file), JSON.stringify(value))
    },
  })
  return copy
}

const root = 'asyncapi/asyncapi.yaml'
const joinSchema = 'schemas/rooms/join_room.json'

test('an unbroken copy passes every judge', async () => {
  const copy = copyOf(() => {})
  for (const name of Object.keys(judges)) {
    const { code, output } = await run(name, copy)
    assert.equal(code, 0, `${name}: ${output}`)
  }
})

// what is broken; how; judge → what it has to say
const cases = [
  [
    'an example that breaks its payload',
    (c) => c.replace('asyncapi/messages/rooms.yaml', "payload: {room: 'ticket:4711'}", "payload: {room: 'ticket 4711', colour: red}"),
    {
      examples:
        /rooms\.yaml#\/joinRoom\/examples\/0\/payload: .* must NOT have additional properties \(colour\)[^]*examples\/0\/payload: \/room must match pattern/,
    },
  ],
  [
    'a time without milliseconds',
    (c) => c.replace('asyncapi/messages/messages.yaml', "timestamp: '2026-01-02T03:04:05.678Z'}", "timestamp: '2026-01-02T03:04:05Z'}"),
    { examples: /sendMessageAck\/examples\/0\/payload: \/timestamp must match pattern/ },
  ],
  [
    'a time that no calendar has',
    (c) => c.replace('asyncapi/messages/messages.yaml', "timestamp: '2026-01-02T03:04:05.678Z'}", "timestamp: '2026-02-30T03:04:05.678Z'}"),
    { examples: /sendMessageAck\/examples\/0\/payload: \/timestamp must match format "date-time"/ },
  ],
  [
    'a message with one example',
    (c) => c.replace('asyncapi/messages/actions.yaml', '    - name: logout\n      summary: The name alone.\n      payload: {action: logout}\n', ''),
    { examples: /actions\.yaml#\/userAction: 1 examples, want at least two/ },
  ],
  [
    'an example without a summary',
    (c) => c.replace('asyncapi/messages/actions.yaml', '      summary: The name alone.\n', ''),
    { examples: /userAction\/examples\/1: want a name and a summary/ },
  ],
  [
    'an unknown key of x-socketio',
    (c) => c.replace(root, 'windowMs: 1000', 'windowMs: 1000\n        burst: 3'),
    { examples: /channels\/main\/x-socketio: \/rateLimit must NOT have additional properties \(burst\)/ },
  ],
  [
    'an unknown value in x-socketio of a message',
    (c) => c.replace('asyncapi/messages/system.yaml', 'args: optional', 'args: maybe'),
    { examples: /system\.yaml#\/ping\/x-socketio: \/args must be equal to one of the allowed values/ },
  ],
  [
    'x-socketio where it may not stand',
    (c) => c.replace(root, 'defaultContentType:', 'x-socketio: {roles: [admin]}\ndefaultContentType:'),
    { examples: /asyncapi\.yaml#\/x-socketio: x-socketio may not stand here/ },
  ],
  [
    'prefixItems, which draft-07 does not know',
    (c) => c.json(joinSchema, (s) => (s.properties.room = { description: 'A pair.', type: 'array', prefixItems: [{ type: 'string' }] })),
    { redocly: /prefixItems/, document: /properties\/room: keyword prefixItems is not used/, examples: /unknown keyword: "prefixItems"/ },
  ],
  [
    'a reference to a schema file that is not there',
    (c) => c.replace('asyncapi/messages/rooms.yaml', 'schemas/rooms/join_room.json', 'schemas/rooms/join_rooms.json'),
    {
      parser: /join_rooms\.json/,
      spectral: /join_rooms\.json/,
      redocly: /resolve/i,
      examples: /rooms\.yaml#\/joinRoom\/payload\/\$ref: \$ref .*join_rooms\.json" leads nowhere/,
    },
  ],
  [
    'a reference to a message that is not there',
    (c) => c.replace(root, "'#/channels/main/messages/pong'", "'#/channels/main/messages/pang'"),
    { parser: /pang/, spectral: /pang/, redocly: /pang|resolve/i, examples: /messages\/pang" leads nowhere/ },
  ],
  [
    'a remote reference',
    (c) => c.replace('schemas/failures/failure.json', '../common/violation.json', 'https://example.invalid/violation.json'),
    { examples: /https:\/\/example\.invalid\/violation\.json" leads nowhere/ },
  ],
  ['an operation without an action', (c) => c.replace(root, '    action: receive\n', ''), { parser: /action/, spectral: /action/, redocly: /action/ }],
  [
    'an excuse that is no longer needed',
    (c) => c.replace(root, 'asyncapi: 3.0.0', 'asyncapi: 3.1.0'),
    { parser: /asyncapi-latest-version is excused but does not occur/ },
  ],
  ['tags out of order', (c) => c.replace(root, '    - name: actions\n', '    - name: zebra\n      description: Stripes.\n    - name: actions\n'), { spectral: /alphabetical/ }],
  ['a server property that is not known', (c) => c.replace(root, '    protocol: ws\n', '    protocol: ws\n    colour: red\n'), { redocly: /colour/, parser: /colour/ }],
  ['broken YAML', (c) => c.replace(root, 'asyncapi: 3.0.0', 'asyncapi: [3.0.0'), { parser: /./, spectral: /./, redocly: /./, examples: /asyncapi\.yaml/, document: /asyncapi\.yaml/ }],
  ['a property without a description', (c) => c.json(joinSchema, (s) => delete s.properties.room.description), { document: /properties\/room: want a description/ }],
  ['a title unlike its file', (c) => c.json(joinSchema, (s) => (s.title = 'EnterRoom')), { document: /title EnterRoom wants the file name enter_room\.json/ }],
  ['a sibling of a $ref', (c) => c.json('schemas/presence/user_info.json', (s) => (s.properties.role.description = 'Role.')), { document: /beside a \$ref/ }],
  ['a pattern that RE2 cannot take', (c) => c.json(joinSchema, (s) => (s.properties.room.pattern = '^(?!user_)')), { document: /RE2 cannot take/ }],
  ['an open question of additional properties', (c) => c.json(joinSchema, (s) => delete s.additionalProperties), { document: /want additionalProperties/ }],
  ['a tag that is not declared', (c) => c.replace(root, 'tags: [{name: rooms}]', 'tags: [{name: chambers}]'), { document: /joinRoom: first tag chambers is not declared/ }],
  ['a room that is not declared', (c) => c.replace(root, 'to: [admins]', 'to: [owners]'), { document: /adminMessage: room owners is not declared/ }],
  ['a code that failures do not allow', (c) => c.replace(root, 'code: SOCKET_ERROR', 'code: PIPE_ERROR'), { document: /codes are .*PIPE_ERROR/ }],
  ['a client event without its failure', (c) => c.replace(root, "        - {$ref: '#/channels/main/messages/failure'}\n", ''), { document: /ping: a client event wants two replies/ }],
  [
    'a schema that nobody refers to',
    (c) => c.write('schemas/rooms/spare.json', '{"$schema":"http://json-schema.org/draft-07/schema#","title":"Spare","description":"Spare.","type":"string"}'),
    { document: /schemas\/rooms\/spare\.json#: no message refers to this schema/ },
  ],
  ['an HTTP call without an id', (c) => c.replace(apiDocument, '      operationId: postNotification\n', ''), { openapi: /operationId/ }],
  ['an HTTP schema that leads nowhere', (c) => c.replace(apiDocument, "'#/components/schemas/Memory'", "'#/components/schemas/Memories'"), { openapi: /Memories|resolve/i }],
  ['an HTTP example that breaks its schema', (c) => c.replace(apiDocument, 'value: {type: warning, title: Quota,', 'value: {type: loud, title: Quota,'), { openapi: /loud|equal to one of|enum/i }],
]

for (const [what, breakIt, sayings] of cases) {
  test(`${what}: ${Object.keys(sayings).join(', ')}`, async () => {
    const copy = copyOf(breakIt)
    for (const [name, saying] of Object.entries(sayings)) {
      const { code, output } = await run(name, copy)
      assert.notEqual(code, 0, `${name} has nothing to say`)
      assert.match(output, saying, name)
    }
  })
}

const exampleCases = [
  ['an operation without an action', ['    action: receive\n', ''], Object.keys(exampleJudges), /action/],
  ['broken YAML', ['asyncapi: 3.0.0', 'asyncapi: [3.0.0'], Object.keys(exampleJudges), /./],
  ['a rule of the house ruleset', ['  contact:', '  contacts:'], ['example redocly'], /contacts/],
]

for (const [what, [from, to], names, saying] of exampleCases) {
  test(`example: ${what}`, async () => {
    const copy = join(scratch, `example-${copies++}`)
    const text = readFileSync(join(project, exampleDocument), 'utf8')
    assert.ok(text.includes(from))
    mkdirSync(dirname(join(copy, exampleDocument)), { recursive: true })
    writeFileSync(join(copy, exampleDocument), text.replace(from, () => to))
    for (const name of names) {
      const { code, output } = await run(name, copy)
      assert.notEqual(code, 0, `${name} has nothing to say`)
      assert.match(output, saying, name)
    }
  })
}

test('each judge fails at least once', () => {
  const failing = new Set(cases.flatMap(([, , sayings]) => Object.keys(sayings)))
  assert.deepEqual([...failing].sort(), Object.keys(judges).sort())
})
