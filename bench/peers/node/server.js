// Socket.IO on Node as a peer: plain handlers that check nothing, or, with
// --schema <file>, the payload by that schema. See ../peer for what a peer does.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { argv, env } from "node:process";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { Server } from "socket.io";
import { admit, asked, broadcast, ping, serve } from "../js/handlers.js";

function validator() {
  const at = argv.indexOf("--schema");
  if (at < 0) {
    return () => true;
  }
  const ajv = new Ajv({ allErrors: true });
  addFormats(ajv);
  return ajv.compile(JSON.parse(readFileSync(argv[at + 1])));
}

const valid = validator();
const http = createServer((request, response) => {
  const n = asked(request.method, request.url);
  broadcast(io, n);
  response.writeHead(n > 0 ? 204 : 404).end();
});
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false, ...ping });
io.use(admit(env.BENCH_SECRET));
io.on("connection", (socket) => serve(socket, valid));

http.listen(0, "127.0.0.1", 4096, () => console.log(`listening ${http.address().port}`));
process.on("SIGTERM", () => process.exit(0));
