// Judge 1: @asyncapi/parser, the reference reader of AsyncAPI. Any diagnostic fails, hints too.
// Usage: node check-parser.mjs [PROJECT [DOCUMENT]]
import { join } from 'node:path'
import { fromFile, Parser } from '@asyncapi/parser'
import { projectOf } from './judges.mjs'
import { report, rootDocument } from './lib/contract.mjs'

// Diagnostics that are passed over, each with its reason. One that no longer occurs is a problem itself.
const excused = new Map([
  // The contract is an AsyncAPI 3.0 document by decision: generator and judges are built for that version.
  ['asyncapi-latest-version', 'AsyncAPI 3.0 by decision'],
])

const file = process.argv[3] ?? rootDocument
const { document, diagnostics } = await fromFile(new Parser(), join(projectOf(process.argv), file)).parse()
const problems = diagnostics
  .filter((d) => !excused.has(d.code))
  .map((d) => `${file}:${d.range.start.line + 1}:${d.range.start.character + 1}: ${d.message} [${d.code}]`)
for (const code of excused.keys()) {
  if (document && !diagnostics.some((d) => d.code === code)) problems.push(`check-parser.mjs: ${code} is excused but does not occur`)
}
if (!document && problems.length === 0) problems.push(`${file}: could not be read`)
report(problems, `parser: ${document?.allOperations().length} operations, nothing to say`)
