// Runs every judge of the contract, prints what each has to say, and exits 1 where one has something.
// Usage: node lint.mjs [PROJECT]
import { exampleJudges, judges, projectOf, run } from './judges.mjs'

const project = projectOf(process.argv)
for (const name of [...Object.keys(judges), ...Object.keys(exampleJudges)]) {
  const { code, output } = await run(name, project)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (code !== 0) {
    console.error(output.trimEnd())
    process.exitCode = 1
  }
}
