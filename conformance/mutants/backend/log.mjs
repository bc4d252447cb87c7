// The log (section 10): one JSON object a line, on standard error.
export function log(level, message, fields = {}) {
  process.stderr.write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }) + '\n')
}
