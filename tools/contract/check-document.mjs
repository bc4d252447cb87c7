// Judge 5: the house rules that no public tool knows. Schemas keep to the keywords that the generator understands and are
// documented throughout; tags, rooms, roles and codes that are used are declared; nothing lies about unused.
// Usage: node check-document.mjs [PROJECT]
import { projectOf } from './judges.mjs'
import { Contract, report, rootDocument, uriOf, walk } from './lib/contract.mjs'

const draft07 = 'http://json-schema.org/draft-07/schema#'
const keywords = new Set(
  ('$schema title description type properties required additionalProperties enum const minimum maximum minLength maxLength ' +
    'pattern items minItems maxItems format default $ref examples oneOf definitions').split(' '),
)
const ulid = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$'
const time = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$'

const contract = new Contract(projectOf(process.argv))

/** Whether a schema is a file of its own or a property's: those have to be described. */
const wantsDescription = (pointer) => pointer === '' || /\/properties\/[^/]+$/.test(pointer)

function checkSchema(file, pointer, schema) {
  if (typeof schema === 'boolean') return
  const problem = (message) => contract.problem(file, pointer, message)
  for (const key of Object.keys(schema)) if (!keywords.has(key)) problem(`keyword ${key} is not used in this contract`)
  if ('$ref' in schema) {
    if (Object.keys(schema).length > 1) problem('draft-07 ignores what stands beside a $ref')
    return
  }
  if (wantsDescription(pointer) && !schema.description) problem('want a description')
  if (schema.format === 'date-time' && schema.pattern !== time) problem('a time wants the pattern of UTC with milliseconds')
  if (/ULID/.test(schema.description ?? '') && schema.type === 'string' && schema.pattern !== ulid) problem('an id wants the pattern of a ULID')
  if (schema.pattern !== undefined) checkPattern(schema.pattern, problem)
  for (const name of schema.required ?? []) if (!schema.properties?.[name]) problem(`required property ${name} is not declared`)
  if ([schema.type].flat().includes('object') && !('additionalProperties' in schema)) problem('want additionalProperties, true or false')
  for (const [at, sub] of subschemas(schema)) checkSchema(file, pointer + at, sub)
}

function subschemas(schema) {
  const named = ['properties', 'definitions'].flatMap((key) =>
    Object.entries(schema[key] ?? {}).map(([name, sub]) => [`/${key}/${name}`, sub]),
  )
  const single = ['items', 'additionalProperties'].filter((key) => key in schema).map((key) => [`/${key}`, schema[key]])
  const listed = [schema.oneOf ?? []].flatMap((list) => list.map((sub, i) => [`/oneOf/${i}`, sub]))
  return [...named, ...single, ...listed].flatMap(([at, sub]) =>
    Array.isArray(sub) ? sub.map((item, i) => [`${at}/${i}`, item]) : [[at, sub]],
  )
}

/** Go's RE2 has neither look-around nor back references. */
function checkPattern(pattern, problem) {
  if (/\(\?[=!<]|\\[1-9]/.test(pattern)) problem(`RE2 cannot take the pattern ${pattern}`)
}

function checkSchemaFiles() {
  const titles = new Map()
  for (const [file, schema] of contract.payloadSchemas) {
    const title = schema.title ?? ''
    if (schema.$schema !== draft07) contract.problem(file, '/$schema', `want ${draft07}`)
    if (!/^([A-Z][a-z0-9]+)+$/.test(title)) contract.problem(file, '/title', 'want a title in PascalCase')
    const snake = title.replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase()
    if (!file.endsWith(`/${snake}.json`)) contract.problem(file, '/title', `title ${title} wants the file name ${snake}.json`)
    if (titles.has(title)) contract.problem(file, '/title', `title ${title} is taken by ${titles.get(title)}`)
    titles.set(title, file)
    checkSchema(file, '', schema)
  }
}

/** Everything that the root document does not reach through references is left over. */
function checkLeftOvers() {
  const reached = new Set([rootDocument])
  const follow = (file, node) =>
    walk({ node }, (pointer, key, value) => {
      if (key !== '$ref') return
      const target = contract.resolve(file, pointer, { $ref: value })
      const name = target && (target.file.startsWith('schemas/') ? target.file : `${target.file}#${target.pointer}`)
      if (!target || reached.has(name) || target.file === rootDocument) return
      reached.add(name)
      follow(target.file, target.value)
    })
  follow(rootDocument, contract.document)
  for (const [file] of contract.payloadSchemas) if (!reached.has(file)) contract.problem(file, '', 'no message refers to this schema')
  for (const [file, content] of contract.files) {
    if (!file.startsWith('asyncapi/messages/')) continue
    for (const key of Object.keys(content ?? {})) {
      if (!reached.has(`${file}#/${key}`)) contract.problem(file, `/${key}`, 'no channel refers to this message')
    }
  }
}

function checkOperation(id, operation) {
  const at = `/operations/${id}`
  const problem = (message) => contract.problem(rootDocument, at, message)
  const channel = contract.resolve(rootDocument, `${at}/channel`, operation.channel)?.value ?? {}
  const extension = operation['x-socketio'] ?? {}
  const tags = contract.document.info?.tags ?? []
  const feature = operation.tags?.[0]?.name
  if (!tags.some((tag) => tag.name === feature && tag.description)) problem(`first tag ${feature} is not declared and described in info.tags`)
  if (!operation.summary || !operation.description) problem('want a summary and a description')
  const rooms = [extension.to ?? [], extension.except ?? []].flat().filter((room) => room !== 'socket')
  for (const room of rooms) if (!channel['x-socketio']?.rooms?.[room]) problem(`room ${room} is not declared`)
  for (const role of extension.roles ?? []) if (!channel['x-socketio']?.roles?.includes(role)) problem(`role ${role} is not declared`)
  if (operation.action === 'send' && !extension.to) problem('a server event wants x-socketio.to')
  if (operation.action === 'receive') checkAcknowledgement(operation, channel, problem)
}

function checkAcknowledgement(operation, channel, problem) {
  const replies = (operation.reply?.messages ?? []).map((message) => message.$ref)
  if (replies.length !== 2) problem('a client event wants two replies: success and failure')
  else if (replies[1] !== channel['x-socketio']?.failure?.$ref) problem("the second reply is the channel's failure")
}

/** The codes of a channel's table are those that the payload of its failure allows. */
function checkCodes(id, channel) {
  const extension = channel['x-socketio'] ?? {}
  const at = `/channels/${id}/x-socketio`
  const message = contract.resolve(rootDocument, `${at}/failure`, extension.failure)
  const payload = message && contract.resolve(message.file, message.pointer, message.value?.payload)
  const code = payload && contract.resolve(payload.file, payload.pointer, payload.value?.properties?.code)
  const declared = (extension.errors ?? []).map((row) => row.code).join(', ')
  const allowed = (code?.value?.enum ?? []).join(', ')
  if (declared !== allowed) contract.problem(rootDocument, `${at}/errors`, `codes are ${declared}; ${code ? uriOf(code.file) : 'the failure'} has ${allowed}`)
}

checkSchemaFiles()
checkLeftOvers()
const operations = Object.entries(contract.document.operations ?? {})
for (const [id, operation] of operations) checkOperation(id, operation)
for (const [id, channel] of Object.entries(contract.document.channels ?? {})) checkCodes(id, channel)
report(
  [...new Set(contract.problems)],
  `document: ${contract.payloadSchemas.length} schemas and ${operations.length} operations keep the house rules`,
)
