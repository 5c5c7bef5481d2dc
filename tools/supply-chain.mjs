// npm run licences | sbom | vulnerabilities: what the product is made of, and what is known against it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './prepare.mjs';
import { commandLine, program, ROOT, run, Unfit, WrongUsage } from './project.mjs';
import { packagesOf } from './supply-chain/packages.mjs';

/** The two sets of packages: the services with their tools, and the client. */
const FOLDERS = { services: ROOT, client: join(ROOT, 'frontend') };

/** Lists the licence of everything that ships. */
function licences() {
  for (const [part, folder] of Object.entries(FOLDERS)) {
    const shipped = packagesOf(folder).filter(({ ships }) => ships);
    console.log(`\n${part}: ${shipped.length} packages ship`);
    for (const { name, version, licence } of shipped) console.log(`${licence}\t${name} ${version}`);
  }
}

/** Writes a bill of materials (CycloneDX) of what ships for each part. */
async function sbom() {
  const results = join(ROOT, 'sbom');
  mkdirSync(results, { recursive: true });
  for (const [part, folder] of Object.entries(FOLDERS)) {
    const { code, output } = await run(
      'npm',
      [
        'sbom',
        '--sbom-format',
        'cyclonedx',
        '--omit',
        'dev',
        '--sbom-type',
        'application',
        '--loglevel',
        'silent',
      ],
      { cwd: folder, quiet: true },
    );
    if (code !== 0) throw new Unfit(`npm could not make the bill of materials of the ${part}`);
    const file = join(results, `${part}.cdx.json`);
    writeFileSync(file, `${JSON.stringify(JSON.parse(output), null, 2)}\n`);
    console.log(file);
  }
}

/** Asks the registry what is known against what ships; high and critical end it with 1. */
async function vulnerabilities() {
  let found = 0;
  for (const [part, folder] of Object.entries(FOLDERS)) {
    const { output } = await run('npm', ['audit', '--omit', 'dev', '--json', '--loglevel', 'silent'], {
      cwd: folder,
      quiet: true,
    });
    /** @type {{ metadata?: { vulnerabilities: { high: number, critical: number, total: number } } }} */
    let report = {};
    try {
      report = JSON.parse(output);
    } catch {
      // What npm printed is no report: the registry gave none.
    }
    if (!report.metadata) throw new Unfit('the registry does not say what is known: nothing was checked');
    const { high, critical, total } = report.metadata.vulnerabilities;
    console.log(`${part}: ${high + critical} of severity high or critical, ${total} in all`);
    found += high + critical;
  }
  return found > 0 ? 1 : 0;
}

const COMMANDS = { licences, sbom, vulnerabilities };

await program(async () => {
  const usage = `npm run ${Object.keys(COMMANDS).join(' | ')}`;
  const given = commandLine(usage, { positionals: { min: 1, max: 1 } });
  if (given === undefined) return 0;
  const [asked = ''] = given.positionals;
  if (!(asked in COMMANDS)) throw new WrongUsage(`say one of: ${Object.keys(COMMANDS).join(', ')}`);
  await install();
  return (await COMMANDS[/** @type {keyof typeof COMMANDS} */ (asked)]()) ?? 0;
});
