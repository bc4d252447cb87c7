// Socket.IO on Bun as a peer: plain handlers that check nothing. See ../peer
// for what a peer does.
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { admit, asked, broadcast, ping, serve } from "../js/handlers.js";

const engine = new Engine({ path: "/socket.io/", ...ping });
const io = new Server();
io.bind(engine);
io.use(admit(process.env.BENCH_SECRET));
io.on("connection", (socket) => serve(socket, () => true));

const { websocket } = engine.handler();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  websocket: { ...websocket, perMessageDeflate: false },
  idleTimeout: 255,
  fetch(request, server) {
    const n = asked(request.method, request.url);
    if (n === 0) {
      return engine.handleRequest(request, server);
    }
    broadcast(io, n);
    return new Response(null, { status: 204 });
  },
});
console.log(`listening ${server.port}`);
process.on("SIGTERM", () => process.exit(0));
