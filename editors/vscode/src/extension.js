// The extension's beginning: the debugger, the view of processes and the language server's client, each in its own file.
"use strict";
const debug = require("./debug.js");
const language = require("./language.js");
const processes = require("./processes.js");

let server;

exports.activate = (context) => {
  debug.activate(context);
  processes.activate(context);
  server = language.activate(context);
};

exports.deactivate = () => server?.stop();
