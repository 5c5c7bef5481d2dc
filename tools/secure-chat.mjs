#!/usr/bin/env node
// secure-chat COMMAND: the operators' commands (tools/cli), which are built first where that is needed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, install } from './prepare.mjs';
import { program, ROOT } from './project.mjs';

await program(async () => {
  await install();
  await build(['cli']);
});
if (process.exitCode === 0) await import(pathToFileURL(join(ROOT, 'dist/cli/tools/cli/main.js')).href);
