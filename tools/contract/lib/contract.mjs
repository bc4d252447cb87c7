// The contract on disk: reads the YAML of asyncapi/ and the JSON of schemas/, follows $ref between the files, and
// collects what is wrong. Deliberately apart from the parsers of the other judges, so that their bugs are not ours.
import { readFileSync, readdirSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { CORE_SCHEMA, load } from 'js-yaml'

/** Path of the root document, relative to the project. */
export const rootDocument = 'asyncapi/asyncapi.yaml'

/** A file's path as a URI, so that schema validators can resolve relative references. */
export const uriOf = (file) => `file:///${file}`

function filesUnder(root, folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
    .sort()
}

/** The parsed files, and the problems found so far. */
export class Contract {
  /** @param {string} root the project's folder */
  constructor(root) {
    this.problems = []
    this.files = new Map()
    for (const file of filesUnder(root, 'asyncapi', '.yaml')) {
      // YAML 1.2 core: an unquoted time stays text, as it does for the other readers of the document.
      this.#read(root, file, (text) => load(text, { schema: CORE_SCHEMA }))
    }
    for (const file of filesUnder(root, 'schemas', '.json')) this.#read(root, file, JSON.parse)
  }

  #read(root, file, parse) {
    try {
      this.files.set(file, parse(readFileSync(join(root, file), 'utf8')))
    } catch (err) {
      this.problem(file, '', err.message.split('\n')[0])
    }
  }

  /** Notes a problem: where (file and JSON Pointer) and what. */
  problem(file, pointer, message) {
    this.problems.push(`${file}#${pointer}: ${message}`)
  }

  /** The root document; an empty object where it could not be read. */
  get document() {
    return this.files.get(rootDocument) ?? {}
  }

  /** Schema files of payloads: all but the description of x-socketio. */
  get payloadSchemas() {
    return [...this.files].filter(([file]) => /^schemas\/.+\/.+\.json$/.test(file))
  }

  /**
   * Follows a chain of references.
   * @returns {{file: string, pointer: string, value: unknown} | undefined} the end of it; undefined, and a problem, where it leads nowhere
   */
  resolve(file, pointer, value) {
    for (let hops = 0; value !== null && typeof value === 'object' && '$ref' in value; hops++) {
      const target = hops < 32 ? this.#lookUp(file, value.$ref) : undefined
      if (!target) {
        this.problem(file, pointer, `$ref ${JSON.stringify(value.$ref)} leads nowhere`)
        return undefined
      }
      ;({ file, pointer, value } = target)
    }
    return { file, pointer, value }
  }

  #lookUp(from, ref) {
    if (typeof ref !== 'string' || ref.includes(':')) return undefined
    const [path, fragment = ''] = ref.split('#')
    const file = path === '' ? from : posix.join(posix.dirname(from), path)
    let value = this.files.get(file)
    for (const step of fragment.split('/').slice(1)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      value = value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? value[key] : undefined
    }
    return value === undefined ? undefined : { file, pointer: fragment, value }
  }

  /** All messages of all channels, each once: `{name, file, pointer, value}`. */
  messages() {
    const found = new Map()
    for (const [channelId, channel] of Object.entries(this.document.channels ?? {})) {
      for (const [id, message] of Object.entries(channel.messages ?? {})) {
        const target = this.resolve(rootDocument, `/channels/${channelId}/messages/${id}`, message)
        if (target) found.set(`${target.file}#${target.pointer}`, { id, ...target })
      }
    }
    return [...found.values()]
  }
}

/** Calls visit(pointer, key, value) for every value below node, parents first; a visitor that returns false is not led deeper. */
export function walk(node, visit, pointer = '') {
  if (node === null || typeof node !== 'object') return
  for (const [key, value] of Object.entries(node)) {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (visit(at, key, value) !== false) walk(value, visit, at)
  }
}

/** Ends a judge's program: the problems, one a line, and exit code 1; or one line of praise. */
export function report(problems, praise) {
  if (problems.length > 0) {
    for (const line of problems) console.error(line)
    process.exitCode = 1
  } else {
    console.log(praise)
  }
}
