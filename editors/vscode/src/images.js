// Running images of this user: found by their sockets, asked who they are. Each is asked over a short connection of its own.
"use strict";
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");
const { Frames, frame } = require("./frames.js");

/** Where images put their sockets. */
function directory() {
  const runtime = process.env.XDG_RUNTIME_DIR;
  if (runtime && path.isAbsolute(runtime)) return path.join(runtime, "nostos");
  return path.join(os.tmpdir(), `nostos-${process.geteuid ? process.geteuid() : 0}`);
}

/** Asks the image behind a socket one thing; rejects when nobody answers within `patience` ms. */
function ask(socket, command, args = {}, patience = 1000) {
  return new Promise((resolve, reject) => {
    const stream = net.connect(socket);
    const frames = new Frames();
    const done = (settle, value) => {
      clearTimeout(timer);
      stream.destroy();
      settle(value);
    };
    const timer = setTimeout(() => done(reject, new Error("no answer")), patience);
    stream.on("error", (error) => done(reject, error));
    stream.on("close", () => done(reject, new Error("the image has hung up")));
    stream.on("connect", () => {
      stream.write(frame({ seq: 1, type: "request", command: "initialize", arguments: { adapterID: "nostos", clientID: "vscode-picker" } }));
      stream.write(frame({ seq: 2, type: "request", command, arguments: args }));
    });
    stream.on("data", (chunk) => {
      for (const message of frames.push(chunk)) {
        if (message.type !== "response" || message.request_seq !== 2) continue;
        if (message.success) done(resolve, message.body);
        else done(reject, new Error(message.message));
      }
    });
  });
}

/** All images that answer: `{ socket, root, main, pid, version }`. */
async function list(dir = directory()) {
  let names = [];
  try {
    names = fs.readdirSync(dir);
  } catch {
    return [];
  }
  const sockets = names.filter((name) => name.endsWith(".sock")).map((name) => path.join(dir, name));
  const told = await Promise.allSettled(sockets.map(async (socket) => ({ socket, ...(await ask(socket, "nostos/image")) })));
  return told.filter((each) => each.status === "fulfilled").map((each) => each.value);
}

/** The image that is this process, `undefined` when none that answers is. */
async function of(pid, dir = directory()) {
  return (await list(dir)).find((image) => image.pid === pid);
}

module.exports = { ask, directory, list, of };
