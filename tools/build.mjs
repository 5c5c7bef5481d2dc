// npm run build: installs and builds what is missing or has changed.
import { build, install } from './prepare.mjs';
import { program } from './project.mjs';

await program(async () => {
  await install();
  await build();
});
