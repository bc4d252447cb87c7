// Which fault is switched on: at most one, named by the environment variable
// FAULT. The table of all of them is ../mutants.yaml; the rest of the backend
// only asks fault('<id>') at the very line that the fault changes.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export const faults = parse(readFileSync(new URL('../mutants.yaml', import.meta.url), 'utf8')) ?? []

const active = process.env.FAULT || undefined

if (active && !faults.some(({ id }) => id === active)) {
  console.error(`FAULT: there is no fault ${JSON.stringify(active)}; node server.mjs --faults lists them`)
  process.exit(1)
}

export const fault = (id) => id === active
