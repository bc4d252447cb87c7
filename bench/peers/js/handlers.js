// What the peers in JavaScript have in common: the answers, and the check of
// tokens. See ../peer for what a peer does.
import { createHmac, timingSafeEqual } from "node:crypto";

// Too long for a ping to come in between.
export const ping = { pingInterval: 600_000, pingTimeout: 600_000 };

const text = "0123456789".repeat(10);

// admit is a middleware that lets in who has a token signed with the secret.
export function admit(secret) {
  return (socket, next) => {
    const [header, claims, signature] = String(socket.handshake.auth.token).split(".");
    const want = createHmac("sha256", secret).update(`${header}.${claims}`).digest();
    const got = Buffer.from(signature ?? "", "base64url");
    if (got.length !== want.length || !timingSafeEqual(got, want)) {
      return next(new Error("AUTH_TOKEN_INVALID"));
    }
    const { exp } = JSON.parse(Buffer.from(claims, "base64url"));
    next(exp * 1000 > Date.now() ? undefined : new Error("AUTH_TOKEN_EXPIRED"));
  };
}

// serve answers the events of one socket. valid judges a payload.
export function serve(socket, valid) {
  socket.join("all_users");
  socket.on("send_message", (message, answer) => {
    if (!valid(message)) {
      return answer({ success: false, error: "VALIDATION_ERROR" });
    }
    answer({ success: true, messageId: "01JGZ7V8M3Q4R5S6T7V8W9XYZA", timestamp: new Date().toISOString() });
  });
}

// broadcast emits a notice to everyone n times.
export function broadcast(io, n) {
  for (; n > 0; n--) {
    io.to("all_users").emit("system_message", { type: "system", message: text, timestamp: new Date().toISOString() });
  }
}

// asked returns how many broadcasts a request asks for, 0 for another request.
export function asked(method, url) {
  const { pathname, searchParams } = new URL(url, "http://bench");
  return method === "POST" && pathname === "/broadcast" ? Number(searchParams.get("n")) : 0;
}
