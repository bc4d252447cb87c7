// The contract itself, as one document: the references into other files are
// replaced by what they point at, those within the document stay.
import { readFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'

export function contractDocument() {
  const document = bundle(new URL('../../../asyncapi/asyncapi.yaml', import.meta.url))
  return { yaml: stringify(document, { aliasDuplicateObjects: false }), json: JSON.stringify(document) }
}

function bundle(file, pointer = '') {
  let node = parse(readFileSync(file, 'utf8'))
  for (const part of pointer.split('/').filter(Boolean)) node = node[part]
  return resolve(node, file)
}

function resolve(node, file) {
  if (Array.isArray(node)) return node.map((item) => resolve(item, file))
  if (node === null || typeof node !== 'object') return node
  if (typeof node.$ref === 'string' && !node.$ref.startsWith('#')) {
    const [path, pointer] = node.$ref.split('#')
    return bundle(new URL(path, file), pointer)
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value, file)]))
}
