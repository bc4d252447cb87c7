// The entry: reads the environment, starts the backend, ends it on a signal.
//
//   node server.mjs            starts it; one JSON line with its url says when it listens
//   FAULT=<id> node server.mjs  the same, with one fault
//   node server.mjs --faults   lists the faults as JSON
import { start } from './app.mjs'
import { fault, faults } from './faults.mjs'
import { limitsFrom } from './limits.mjs'

if (process.argv.includes('--faults')) {
  console.log(JSON.stringify(faults, null, 2))
  process.exit(0)
}

try {
  await main(process.env)
} catch (err) {
  console.error(err.message)
  process.exit(1)
}

async function main(env) {
  if (!env.JWT_SECRET) throw new Error('JWT_SECRET: must be set')
  if (!/^[0-9]{1,5}$/.test(env.PORT || '4000')) throw new Error('PORT: must be a number')
  const app = await start({
    port: Number(env.PORT || 4000),
    secret: env.JWT_SECRET,
    dataDir: env.DATA_DIR || './data',
    frontend: env.FRONTEND_URL || undefined,
    limits: limitsFrom(env),
    metricsPublic: env.METRICS_PUBLIC === 'true',
    trustedProxies: (env.TRUSTED_PROXIES ?? '').split(',').map((address) => address.trim()).filter(Boolean),
  })
  let ending = false
  const end = async () => {
    if (ending || fault('stop-ignored')) return
    if (fault('stop-drops-events')) process.exit(0)
    ending = true
    await app.stop()
    process.exit(fault('stop-exit-code') ? 1 : 0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  console.log(JSON.stringify({ url: app.url }))
}
