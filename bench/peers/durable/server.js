// Socket.IO on Node with better-sqlite3 as a peer: it validates a message, stores
// it, emits it to its recipient and acknowledges it. With --group, messages that
// wait together share a transaction. See ../peer for what a peer does.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { argv, env } from "node:process";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import Database from "better-sqlite3";
import { Server } from "socket.io";
import { monotonicFactory } from "ulid";

const most = 256; // messages in a transaction, as the other side has it

// The tables, indexes and pragmas are those of the backend that it is compared with.
const db = new Database(join(env.BENCH_DATA, "node.db"));
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
CREATE TABLE messages (
  id            TEXT NOT NULL PRIMARY KEY,
  from_user     TEXT NOT NULL,
  to_user       TEXT NOT NULL,
  content       TEXT NOT NULL,
  type          TEXT NOT NULL,
  client_offset TEXT
) STRICT;
CREATE UNIQUE INDEX messages_offset ON messages (from_user, client_offset) WHERE client_offset IS NOT NULL;
CREATE INDEX messages_to ON messages (to_user, id);
CREATE INDEX messages_from ON messages (from_user, id);
CREATE INDEX messages_pair ON messages (from_user, to_user, id);`);
const insert = db.prepare("INSERT INTO messages (id, from_user, to_user, content, type, client_offset) VALUES (?, ?, ?, ?, ?, ?)");
const ulid = monotonicFactory();

const ajv = new Ajv({ allErrors: true, useDefaults: true });
addFormats(ajv);
const valid = ajv.compile(JSON.parse(readFileSync("schemas/messages/send_message.json")));

const http = createServer((_request, response) => response.writeHead(404).end());
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false, pingInterval: 600_000, pingTimeout: 600_000 });

io.use((socket, next) => {
  const [header, claims, signature] = String(socket.handshake.auth.token).split(".");
  const want = createHmac("sha256", env.BENCH_SECRET).update(`${header}.${claims}`).digest();
  const got = Buffer.from(signature ?? "", "base64url");
  if (got.length !== want.length || !timingSafeEqual(got, want)) {
    return next(new Error("AUTH_TOKEN_INVALID"));
  }
  const { exp, userId } = JSON.parse(Buffer.from(claims, "base64url"));
  socket.data.userId = userId;
  next(exp * 1000 > Date.now() ? undefined : new Error("AUTH_TOKEN_EXPIRED"));
});

function store({ from, message }) {
  const id = ulid();
  insert.run(id, from, message.to, message.content, message.type, message.clientOffset ?? null);
  return id;
}

function tell({ from, message, answer }, id, timestamp) {
  io.to(`user_${message.to}`).emit("new_message", { id, from, content: message.content, type: message.type, timestamp });
  answer({ success: true, messageId: id, timestamp });
}

const now = () => new Date().toISOString();

function one(job) {
  tell(job, store(job), now());
}

let waiting = [];
const storeAll = db.transaction((jobs) => jobs.map(store));

function flush() {
  const jobs = waiting.splice(0, most);
  if (waiting.length > 0) setImmediate(flush);
  const ids = storeAll(jobs);
  jobs.forEach((job, i) => tell(job, ids[i], now()));
}

function grouped(job) {
  if (waiting.push(job) === 1) setImmediate(flush);
}

const take = argv.includes("--group") ? grouped : one;

io.on("connection", (socket) => {
  const from = socket.data.userId;
  socket.join(["all_users", `user_${from}`]);
  socket.on("send_message", (message, answer) => {
    if (!valid(message)) {
      return answer({ success: false, error: "VALIDATION_ERROR" });
    }
    take({ from, message, answer });
  });
});

http.listen(0, "127.0.0.1", 4096, () => console.log(`listening ${http.address().port}`));
process.on("SIGTERM", () => process.exit(0));
