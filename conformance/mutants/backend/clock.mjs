// How times look in payloads: UTC, ISO 8601 with milliseconds.
import { fault } from './faults.mjs'

export function iso(date = new Date()) {
  const text = date.toISOString()
  if (fault('timestamp-without-milliseconds')) return text.replace(/\.\d{3}Z$/, 'Z')
  if (fault('timestamp-with-offset')) return text.replace(/Z$/, '+00:00')
  return text
}
