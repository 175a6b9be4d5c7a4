#!/usr/bin/env bash
# Installs what the session in VS Code needs, below DIR: the workbench (code-server, which is VS Code served to a browser) and playwright-core.
# usage: tools.sh DIR. Wants node 20, npm, python3 and a compiler, and Debian's libkrb5-dev, ripgrep and chromium.
# Install scripts are run for what is compiled here, and for nothing else: the others fetch binaries.
set -eu
dir=${1:?a directory}
version=4.100.3
mkdir -p "$dir"
cd "$dir"
dir=$PWD
[ -f package.json ] || npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund "code-server@$version" playwright-core@1
npm rebuild argon2 --foreground-scripts
cd "$dir/node_modules/code-server/lib/vscode"
npm install --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
(cd extensions && npm install --omit=dev --ignore-scripts --no-audit --no-fund)
for package in @vscode/spdlog native-watchdog kerberos @vscode/deviceid; do npm rebuild --foreground-scripts "$package"; done
# It compiles, and then its last script fails on what is not packed: the file below is what counts.
npm rebuild --foreground-scripts node-pty || true
test -f node_modules/node-pty/build/Release/pty.node
watcher=watcher-linux-x64-glibc
archive=$(cd "$dir" && npm pack --silent "@parcel/$watcher@2.5.1")
mkdir -p "node_modules/@parcel/$watcher" node_modules/@vscode/ripgrep/bin
tar xzf "$dir/$archive" --strip-components=1 -C "node_modules/@parcel/$watcher"
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
ln -sfn node_modules node_modules.asar
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
node "$dir/node_modules/code-server/out/node/entry.js" --version
