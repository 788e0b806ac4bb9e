'use strict';
/**
 * Makes a clone ready to run: installs the packages (which bring Node 24) when they are missing or
 * older than the lock file, and says what it does. Runs on Node 20; has no dependencies.
 */
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');

const root = path.join(__dirname, '..');
const started = Date.now();
const say = (text) => process.stderr.write(`suture: ${text}\n`);

function modified(file) {
  try {
    return fs.statSync(path.join(root, file)).mtimeMs;
  } catch {
    return -1;
  }
}

function installedPackages() {
  try {
    return fs.readdirSync(path.join(root, 'node_modules')).length;
  } catch {
    return 0;
  }
}

function install() {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const child = npm
    ? spawn(process.env.npm_node_execpath || process.execPath, [npm, ...args], options)
    : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`still installing: ${seconds} s, ${installedPackages()} folders in node_modules so far`);
  }, 5000);
  child.on('error', (error) => {
    clearInterval(progress);
    say(`could not start npm (${error.message}). Run "npm ci" in ${root} and try again.`);
    process.exit(1);
  });
  child.on('exit', (code) => {
    clearInterval(progress);
    if (code !== 0) {
      say('npm ci failed; its message is above. Is the npm registry reachable?');
      process.exit(code || 1);
    }
    say(`packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  });
}

const lock = modified('package-lock.json');
if (lock >= 0 && modified('node_modules/.package-lock.json') < lock) {
  say('installing packages with "npm ci" (about 20 s, once; it brings its own Node 24) ...');
  install();
}
