// npm run build: installs and builds what is missing or has changed.
import { build, EVERYTHING, install } from './prepare.mjs';
import { commandLine, program } from './project.mjs';

await program(async () => {
  if (commandLine('npm run build') === undefined) return;
  await install();
  await build(EVERYTHING);
});
