/** How often a command was killed at a writing call, had one refused, and was started from after a power cut. */
export interface KillCounts {
  kills: number;
  refusals: number;
  images: number;
}

/** The page that the long run writes of itself. */
export function writtenKills(counts: Readonly<Record<string, KillCounts>>): string {
  const rows = Object.entries(counts).map(([name, { kills, refusals, images }]) => [
    name,
    ...[kills, refusals, images].map(String),
  ]);
  const table = [['command', 'kills', 'refusals', 'crash images'], ['---', '---', '---', '---'], ...rows];
  return `# Kills at every writing call

Written by the run itself (\`TEST_LONG=1\`). Each command is killed in the place of each of its system calls that write
in its folder, and the disk refuses each; a second run mends it, and no key and no row is lost. A crash image is what a
power cut after a write leaves of what was not synced.

${table.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}
