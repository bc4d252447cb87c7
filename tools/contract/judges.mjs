// The judges of the contract, as programs: each exits 0 with nothing to say, and otherwise prints what is wrong.
import { spawn } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rootDocument } from './lib/contract.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const bin = (name) => join(here, 'node_modules', '.bin', name)
const script = (name) => (project) => [process.execPath, join(here, name), project]

/** The document of the HTTP API, relative to the project. */
export const apiDocument = 'openapi/openapi.yaml'

/** The project to judge: the program's first argument, else the one that this folder lies in. */
export const projectOf = (argv) => resolve(argv[2] ?? join(here, '..', '..'))

/** Name of each judge, and its command line for a project. */
export const judges = {
  parser: script('check-parser.mjs'),
  spectral: (project) => [
    ...[bin('spectral'), 'lint', '--fail-severity=hint', '--ruleset', join(here, '.spectral.yaml')],
    join(project, rootDocument),
  ],
  redocly: (project) => [bin('redocly'), 'lint', '--config', join(here, 'redocly.yaml'), join(project, rootDocument)],
  examples: script('check-examples.mjs'),
  document: script('check-document.mjs'),
  openapi: (project) => [bin('redocly'), 'lint', '--config', join(here, 'redocly.openapi.yaml'), join(project, apiDocument)],
}

/** A contract beside ours, an example of the generator: what is public about it is judged, our house rules are not. */
export const exampleDocument = 'conformance/protocol/asyncapi.yaml'

/** Name of each judge of the example, and its command line for a project. */
export const exampleJudges = {
  'example parser': (project) => [...script('check-parser.mjs')(project), exampleDocument],
  'example spectral': (project) => [
    ...[bin('spectral'), 'lint', '--fail-severity=hint', '--ruleset', join(here, '.spectral.yaml')],
    join(project, exampleDocument),
  ],
  'example redocly': (project) => [bin('redocly'), 'lint', '--config', join(here, 'redocly.example.yaml'), join(project, exampleDocument)],
}

// Redocly would otherwise report its use and look for newer versions; a judge talks to nobody.
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' }

/**
 * Runs a judge.
 * @returns {Promise<{code: number | null, output: string}>} its exit code, and what it printed
 */
export function run(name, project) {
  const [command, ...args] = (judges[name] ?? exampleJudges[name])(project)
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: here, env: { ...process.env, ...quiet }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, output }))
  })
}
