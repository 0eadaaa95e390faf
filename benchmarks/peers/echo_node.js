// An echo server for Node.js.  Prints its port.
//
// usage: echo_node.js [PATH]
//
// With PATH it listens there, on a UNIX socket, and prints 0.
"use strict";
const net = require("net");
const path = process.argv[2];
const server = net.createServer({ noDelay: true }, (socket) => {
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => socket.destroy());
});
const where = path ? { path, backlog: 1024 } : { port: 0, host: "127.0.0.1", backlog: 1024 };
server.listen(where, () => console.log(path ? 0 : server.address().port));
