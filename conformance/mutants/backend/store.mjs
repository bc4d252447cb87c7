// The store: messages and actions, as JSON lines in one file that is only ever
// appended to, and in memory for reading. What add() has resolved for is on disk.
import { mkdirSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeTime, incrementBase32, ulid } from 'ulid'
import { iso } from './clock.mjs'
import { Failure } from './failure.mjs'
import { fault } from './faults.mjs'
import { log } from './log.mjs'

export class Store {
  /** Called for each message in the moment in which it becomes readable, in order. */
  onMessage = () => {}

  messages = [] // all of them, by id
  actions = []
  #byOffset = new Map() // [sender, clientOffset] → message
  #pending = new Map() // the same, for messages on their way to the disk
  #lastId
  #file
  #size = 0
  #queue = []
  #flushing

  static async open(folder) {
    mkdirSync(folder, { recursive: true })
    const store = new Store()
    const path = join(folder, 'log.jsonl')
    store.#file = await open(path, 'a+')
    store.#load(readFileSync(path))
    // A line that a crash cut short was never acknowledged.
    await store.#file.truncate(store.#size)
    return store
  }

  #load(content) {
    for (let end; (end = content.indexOf('\n', this.#size)) >= 0; this.#size = end + 1) {
      const record = JSON.parse(content.subarray(this.#size, end).toString())
      if (fault('client-offset-forgotten-on-restart')) record.clientOffset = undefined
      if (fault('store-forgets-last-on-restart') && end === content.length - 1) continue
      this.#index(record)
    }
  }

  /** Stores a message durably. Resolves with it, and whether its clientOffset had been stored before. */
  async addMessage({ from, to, content, type, clientOffset }) {
    const key = clientOffset === undefined ? undefined : offsetKey({ from, clientOffset })
    const known = this.#byOffset.get(key) ?? this.#pending.get(key)
    if (known && !fault('client-offset-ignored')) return { message: await known, duplicate: true }
    const written = this.#append({ kind: 'message', id: this.#nextId(), from, to, content, type, timestamp: iso(), clientOffset })
    if (key === undefined) return { message: await written, duplicate: false }
    this.#pending.set(key, written)
    try {
      return { message: await written, duplicate: false }
    } finally {
      this.#pending.delete(key)
    }
  }

  addAction({ userId, action, data, socketId }) {
    if (fault('action-not-stored')) return Promise.resolve({ id: this.#nextId() })
    if (fault('action-data-lost')) data = undefined
    return this.#append({ kind: 'action', id: this.#nextId(), userId, action, data, socketId, timestamp: iso() })
  }

  /** Stored messages to a user with a greater id, oldest first. */
  messagesAfter(userId, id) {
    if (fault('replay-includes-last-seen')) return this.messages.filter((message) => message.to === userId && message.id >= id)
    if (fault('replay-of-others')) return this.messages.filter((message) => message.id > id)
    if (fault('replay-of-own-sent')) return this.messages.filter((message) => [message.to, message.from].includes(userId) && message.id > id)
    return this.messages.filter((message) => message.to === userId && message.id > id)
  }

  async close() {
    await this.#flushing
    await this.#file.close()
  }

  // Ids rise over restarts and over a clock that is set back.
  #nextId() {
    const now = Date.now()
    const last = this.#lastId
    if (fault('ids-do-not-rise')) return ulid(now - Math.floor(Math.random() * 1000))
    this.#lastId = last && decodeTime(last) >= now ? last.slice(0, 10) + incrementBase32(last.slice(10)) : ulid(now)
    return this.#lastId
  }

  #append(record) {
    const line = JSON.stringify(record) + '\n'
    if (fault('ack-before-store') && record.kind === 'message') {
      this.#publish(record)
      setTimeout(() => this.#file.appendFile(line).catch(() => {}), 200)
      return Promise.resolve(record)
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, line, resolve, reject })
      this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined))
    })
  }

  // Writes all that waits in one go, so that many share the price of one sync.
  async #flush() {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0)
      try {
        const lines = Buffer.from(batch.map(({ line }) => line).join(''))
        await this.#file.appendFile(lines)
        await this.#file.datasync()
        this.#size += lines.length
      } catch (err) {
        log('error', 'store: write failed', { cause: String(err) })
        await this.#file.truncate(this.#size).catch(() => {})
        for (const { reject } of batch) reject(new Failure('STORE_UNAVAILABLE'))
        continue
      }
      // In one turn: who reads the store sees a message exactly when it has been delivered.
      for (const { record, resolve } of batch) {
        this.#publish(record)
        resolve(record)
      }
    }
  }

  #publish(record) {
    this.#index(record)
    if (record.kind === 'message') this.onMessage(record)
  }

  #index(record) {
    if (!this.#lastId || record.id > this.#lastId) this.#lastId = record.id
    if (record.kind === 'action') return void this.actions.push(record)
    this.messages.push(record)
    if (record.clientOffset !== undefined) this.#byOffset.set(offsetKey(record), record)
  }
}

// A clientOffset is unique for its sender.
const offsetKey = ({ from, clientOffset }) => JSON.stringify(fault('client-offset-global') ? clientOffset : [from, clientOffset])
