// Judge 4: the examples. Every message has at least two, named and summarised, and each is valid against its payload
// (ajv, draft-07, formats checked). Every block of x-socketio is valid against schemas/x-socketio.schema.json and stands
// where the extension may stand. Every $ref leads somewhere.
// Usage: node check-examples.mjs [PROJECT]
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { projectOf } from './judges.mjs'
import { Contract, report, rootDocument, uriOf, walk } from './lib/contract.mjs'

const extension = 'x-socketio'
const extensionSchema = 'schemas/x-socketio.schema.json'

const contract = new Contract(projectOf(process.argv))
const ajv = addFormats(new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }))

function addSchemas() {
  for (const [file, schema] of contract.files) {
    if (!file.startsWith('schemas/')) continue
    try {
      ajv.addSchema(schema, uriOf(file))
    } catch (err) {
      contract.problem(file, '', err.message)
    }
  }
}

/** The validator of the schema at a URI; undefined, and a problem, where it does not compile. */
function validatorOf(uri, file, pointer) {
  try {
    const validate = ajv.getSchema(uri)
    if (validate) return validate
    contract.problem(file, pointer, `no schema at ${uri}`)
  } catch (err) {
    contract.problem(file, pointer, err.message)
  }
  return undefined
}

function explain(error) {
  const detail = error.params.additionalProperty ?? error.params.allowedValues?.join(', ') ?? ''
  return `${error.instancePath || '(the value itself)'} ${error.message}${detail && ` (${detail})`} [${error.keyword}]`
}

function checkValue(validate, value, file, pointer) {
  if (!validate(value)) {
    for (const error of validate.errors) contract.problem(file, pointer, explain(error))
  }
}

function checkRefs() {
  let refs = 0
  for (const [file, content] of contract.files) {
    if (file === extensionSchema) continue // "$ref" is a property's name in it too; ajv resolves its references
    walk(content, (pointer, key, value) => {
      if (key === 'examples') return false // values, not parts of the document
      if (key === '$ref') {
        refs++
        contract.resolve(file, pointer, { $ref: value })
      }
      return true
    })
  }
  return refs
}

function checkMessage({ file, pointer, value: message }) {
  const examples = message.examples ?? []
  if (examples.length < 2) contract.problem(file, pointer, `${examples.length} examples, want at least two`)
  const payload = contract.resolve(file, `${pointer}/payload`, message.payload)
  if (!message.payload?.$ref || !payload) {
    contract.problem(file, `${pointer}/payload`, 'want a $ref to a schema file')
    return 0
  }
  const validate = validatorOf(`${uriOf(payload.file)}${payload.pointer && `#${payload.pointer}`}`, file, `${pointer}/payload`)
  const names = new Set()
  for (const [i, example] of examples.entries()) {
    const at = `${pointer}/examples/${i}`
    if (!example.name || !example.summary) contract.problem(file, at, 'want a name and a summary')
    if (names.has(example.name)) contract.problem(file, at, `second example named ${example.name}`)
    names.add(example.name)
    if (!('payload' in example)) contract.problem(file, at, 'want a payload')
    else if (validate) checkValue(validate, example.payload, file, `${at}/payload`)
  }
  return examples.length
}

// Where the extension may stand, and the definition that describes it there.
const places = [
  [/^asyncapi\/asyncapi\.yaml#\/servers\/[^/]+$/, 'server'],
  [/^asyncapi\/asyncapi\.yaml#\/channels\/[^/]+$/, 'channel'],
  [/^asyncapi\/asyncapi\.yaml#\/operations\/[^/]+$/, 'operation'],
  [/^asyncapi\/asyncapi\.yaml#\/(components|channels\/[^/]+)\/messages\/[^/]+$/, 'message'],
  [/^asyncapi\/messages\/[^/#]+\.yaml#\/[^/]+$/, 'message'],
]

function checkExtensions() {
  let blocks = 0
  for (const [file, content] of contract.files) {
    walk(content, (pointer, key, value) => {
      if (key === 'examples') return false
      if (key !== extension) return true
      blocks++
      const owner = `${file}#${pointer.slice(0, -extension.length - 1)}`
      const place = places.find(([pattern]) => pattern.test(owner))
      if (!place) {
        contract.problem(file, pointer, `${extension} may not stand here`)
        return false
      }
      const validate = validatorOf(`${uriOf(extensionSchema)}#/definitions/${place[1]}`, file, pointer)
      if (validate) checkValue(validate, value, file, pointer)
      return false
    })
  }
  return blocks
}

addSchemas()
const refs = checkRefs()
const messages = contract.messages()
if (messages.length === 0) contract.problem(rootDocument, '/channels', 'no messages')
const examples = messages.reduce((sum, message) => sum + checkMessage(message), 0)
const blocks = checkExtensions()
report(
  [...new Set(contract.problems)],
  `examples: ${examples} examples of ${messages.length} messages valid, ${blocks} ${extension} blocks valid, ${refs} references resolved`,
)
