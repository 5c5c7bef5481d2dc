import {
  figures,
  nameOf,
  spread,
  total,
  type BenchResult,
  type ClientFigures,
  type LongFigures,
  type RareFigures,
  type SoakFigures,
  type SoakMinute,
} from '../results.js';
import { SERVER_NAMES, type ServerName } from '../servers/server-under-load.js';
import { compared } from '../summary.js';
import { attacked } from './attacks.js';
import { table } from './table.js';
import { goals, soakEdges, soakMiB } from './goals.js';

/** From this many cores of other processes on, times are not comparable. */
const BUSY_MACHINE_CORES = 0.3;

const INTRODUCTION = `# Performance

\`npm run bench\` measures Secure Chat against a yardstick: [\`tests/load/reference.ts\`](../tests/load/reference.ts), the
shortest fair program that does the same job. One process, Socket.IO, SQLite with \`synchronous=FULL\`, AES-256-GCM for
each message with the same bound context, group commit of at most 200, the same frames, ids, receipts and check for
repeats. It has no services, no framework, no sessions to end and nothing to erase.

Both run at the same time on one machine and are loaded in turn, one slice after the other, the first of a round by
turns. A ratio is product divided by reference within a round; the middle one of all rounds is given, with the lowest
and the highest in brackets. After every slice each acknowledged message must have arrived once, in order and
unchanged, and stand in the history. The load comes from a process of its own: 50 pairs, both members send, 200 bytes of
several scripts each. Nothing is asserted on times: this page is what was measured, not what is promised.

\`npm run bench -- --quick\` takes under 3 minutes, \`npm run bench:report\` writes this page from the newest result.
`;

/** Returns the page with all figures. */
export function page(result: BenchResult, rare: RareFigures): string {
  return [
    INTRODUCTION,
    machine(result),
    goalTable(result, rare),
    comparison(result),
    weights(result),
    scenarios(result, rare.long),
    rare.hostile ? attacked(rare.hostile) : '',
    rare.soak ? soaked(rare.soak) : '',
    rare.client ? inTheBrowser(rare.client) : '',
  ].join('\n');
}

function machine({
  machine: { cpu, cores, memoryGiB, system, node },
  disk,
  at,
  quick,
  slices,
  rounds,
}: BenchResult): string {
  const [before, after] = disk;
  const others = spread(slices.map(({ otherCores }) => otherCores));
  const generator = spread(
    slices.filter(({ load }) => load.kind === 'closed').map((one) => one.result.generator.busy),
  );
  const bottlenecks = slices.filter(
    (one) => one.load.kind === 'closed' && one.result.generator.isBottleneck,
  ).length;
  return `## The machine

${cores} cores of ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}. A 4 KiB write with fsync took ${ms(before?.p50)} before and ${ms(after?.p50)} after
(p99 ${ms(before?.p99)}, ${ms(after?.p99)}). Other work used ${others.median.toFixed(2)} cores meanwhile (at most ${others.high.toFixed(2)}): the more, the wider the spread below.
Measured at ${at}, ${rounds} rounds${quick ? ', quick' : ''}. In the closed loop the generator was busy ${(generator.median * 100).toFixed(0)} % of the time and the bottleneck in ${bottlenecks} slices.
${
  others.median > BUSY_MACHINE_CORES
    ? '\n**The machine was busy with other work. Ratios within a round still say something; times and limits in milliseconds mostly say how busy it was. To be measured again on a quiet one.**\n'
    : ''
}`;
}

function goalTable(result: BenchResult, rare: RareFigures): string {
  const mark = (reached: boolean | undefined): string =>
    reached === undefined ? '' : reached ? 'reached' : '**not reached**';
  return `## Goals

${table(
  ['goal', 'measured', ''],
  goals(result, rare).map(({ goal, measured, reached }) => [goal, measured, mark(reached)]),
)}`;
}

function comparison(result: BenchResult): string {
  const rows = compared(result);
  const loads = [...new Set(rows.map(({ load }) => load))];
  return `### What the closest goals hang on

- A page of history: opening a message leaves an object of OpenSSL's, and one page in sixty met a collection of 7 ms (p99
  13 ms). The young generation is now collected after each 500 opened messages, between requests. A smaller generation
  would do it too, but takes throughput: 0.85 × the reference with 8 MiB, 1.0 × with 32.
- A storm of log-ins: what counts is hashing. With 500 messages a second, 50 requests at once that are refused before any
  hash leave the p99 as it was (9 ms), 50 log-ins one after the other move it to about 11 ms, 50 at once to 17 to 22 ms.
  auth stands back where processors are scarce, and requests begin one in a turn of the gateway's event loop. One hash at a
  time rather than two gave 17 to 19 ms, but takes fewer log-ins before it refuses.
- The erasure of ten million messages: the run above began right after the half hour that had filled the chat, and after
  so much writing the disk of that machine stalled now and then whoever wrote: with three million, no turn of the erasure
  worked for longer than 25 ms, and one of 3,500 waited for the disk, 364 ms; in the rounds before, without any erasure,
  the reference's p99 at 500/s rose to 335 ms once. On a disk at rest, 10,000,000 rows that had been written into the file
  directly were erased in 49 s with a longest wait of others of 86 ms, 3,000,000 in 15 s with 69 ms. So the run now rests
  for a minute before it erases.
- Throughput: under full load \`writev\` and SQLite's commit take a quarter of the gateway's time each. Packets that go to
  one socket together leave in one system call, which took messages from 12,100 to 13,300 a second, without the reference.
- Memory: what Node leaves of a start is given back at its end, which took the idle stack from 431 to 323 MiB.
  \`--optimize-for-size\` for the gateway would do the same, but overrides the size of the young generation: 0.74 × the
  reference.

## Messages

![Messages a second by round](images/bench-throughput.svg)

![The acknowledgement's p50 by load](images/bench-ack-p50.svg)

![The acknowledgement's p99 by load](images/bench-ack-p99.svg)

Acknowledgement: from the send to the answer that the message is on disk. Delivery: from the send to the other member.

${loads
  .map(
    (load) => `### ${load[0]?.toUpperCase()}${load.slice(1)}

${table(
  ['', 'product', 'reference', 'ratio'],
  rows.filter((row) => row.load === load).map((row) => [row.name, row.product, row.reference, row.ratio]),
)}`,
  )
  .join('\n')}
### CPU by process, microseconds for each message

${cpuTable(result)}`;
}

function cpuTable({ slices }: BenchResult): string {
  const loads = [...new Set(slices.map(({ load }) => nameOf(load)))];
  const names = [
    ...new Set(
      slices.filter(({ server }) => server === 'product').flatMap(({ cpuMs }) => Object.keys(cpuMs)),
    ),
  ];
  const cell = (server: ServerName, load: string, name: string): string =>
    figures(
      slices,
      server,
      load,
      ({ cpuMs, result }) => ((cpuMs[name] ?? 0) * 1000) / result.acknowledged,
    ).median.toFixed(1);
  return table(
    ['', ...loads],
    [
      ...names.map((name) => [name, ...loads.map((load) => cell('product', load, name))]),
      ['reference', ...loads.map((load) => cell('reference', load, 'reference'))],
    ],
  );
}

function weights({ weight }: BenchResult): string {
  const servers = SERVER_NAMES.filter((server) => weight[server]);
  return `## Weight

${table(
  ['', ...servers],
  [
    ['resident with 100 accounts, MiB', ...servers.map((server) => memory(weight[server].idleMiB))],
    ['with 100 sockets, MiB', ...servers.map((server) => memory(weight[server].connectedMiB))],
    ['after the load, MiB', ...servers.map((server) => memory(weight[server].loadedMiB))],
    ['bytes on disk for a message', ...servers.map((server) => weight[server].bytesPerMessage.toFixed(0))],
  ],
)}`;
}

/** Returns the memory of several processes as a sum with its parts. */
function memory(mib: Readonly<Record<string, number>>): string {
  const parts = Object.entries(mib).map(([name, size]) => `${name} ${size.toFixed(0)}`);
  const all = total(mib).toFixed(0);
  return parts.length > 1 ? `${all} (${parts.join(', ')})` : all;
}

function scenarios({ scenarios: measured }: BenchResult, long: LongFigures | undefined): string {
  if (!measured) return '';
  const { start, sockets, chatList, logInStorm, history, erasure } = measured;
  const storm = (name: string, { ack, delivery }: typeof logInStorm.quiet): string[] => [
    name,
    ...[ack.p50, ack.p99, ack.max, delivery.p99].map((value) => value.toFixed(1)),
  ];
  return `## Sockets that only stay connected

${table(
  ['server', 'sockets', 'KiB for each', 'all reconnect at once, ms'],
  sockets.map((one) => [
    one.server,
    String(one.sockets),
    one.kibPerSocket.toFixed(1),
    one.stormMs.toFixed(0),
  ]),
)}
## A page of history, 50 messages, over HTTP

${table(
  ['messages in the chat', 'page', 'p50 ms', 'p99 ms'],
  [...history, ...(long?.history ?? [])].map(({ messages, place, read }) => [
    messages.toLocaleString('en'),
    place,
    read.p50.toFixed(1),
    read.p99.toFixed(1),
  ]),
)}
The list of ${chatList.chats.toLocaleString('en')} chats takes ${chatList.read.p50.toFixed(0)} ms (p99 ${chatList.read.p99.toFixed(0)}).

## Others' messages at 500/s meanwhile

${table(
  ['', 'ack p50 ms', 'ack p99 ms', 'longest ms', 'delivery p99 ms'],
  [
    storm('nothing else', logInStorm.quiet),
    storm(
      `${logInStorm.logIns} log in at once (each took ${logInStorm.logIn.p50.toFixed(0)} ms)`,
      logInStorm.storm,
    ),
    ...[erasure, ...(long ? [long.erasure] : [])].map(({ messages, seconds, others }) =>
      storm(`${messages.toLocaleString('en')} messages are erased (took ${seconds.toFixed(1)} s)`, others),
    ),
  ],
)}
${long ? longWords(long) : ''}At 500/s the gateway's event loop was held up for ${measured.loopDelay.p50.toFixed(1)} ms (p50), ${measured.loopDelay.p99.toFixed(1)} ms (p99), ${measured.loopDelay.max.toFixed(1)} ms (longest).

## Start

From nothing ${(start.coldMs / 1000).toFixed(1)} s, again with data ${(start.warmMs / 1000).toFixed(1)} s, until the line that says it is ready.
Three seconds later the whole stack, idle and with nobody in it yet, holds ${memory(start.idleMiB)} MiB, all resident sizes added up. That sum
counts four times what its processes share, Node itself; counted once it is ${start.idleSharedOnceMiB.toFixed(0)} MiB.
`;
}

function longWords({ at, machine: { cpu, cores, system, node }, erasure }: LongFigures): string {
  return `The chat of ${erasure.messages.toLocaleString('en')} messages was measured at ${at} on ${cores} cores of ${cpu}, ${system}, Node ${node}
(\`npm run bench -- --long 10000000\`).

`;
}

function inTheBrowser({ frameMs, ...client }: ClientFigures): string {
  const count = (value: number): string => value.toLocaleString('en');
  return `## In the browser

A chat of ${count(client.messages)} messages, measured in the page as the long form of the browser tests does it (\`npm run test:long -- browser\`), at
${client.at} on ${client.machine}, with ${client.browser} without a graphics processor. ${client.load.toFixed(1)} processes wanted
to run meanwhile, the browser and the server among them: the more, the less these times say of the client.

${table(
  ['', 'aim', 'measured'],
  [
    ['from loading the page until the chat list is painted', '1 s', `${count(client.listMs)} ms`],
    ['from the click until the chat is painted at its end', '300 ms', `${count(client.chatMs)} ms`],
    [
      `a frame while ${count(client.scrolled)} messages are scrolled up and down again (${count(client.frames)} frames)`,
      '',
      `p50 ${frameMs.p50} ms, p99 ${frameMs.p99} ms, longest ${frameMs.longest} ms`,
    ],
  ],
)}`;
}

function soaked({ at, machine: { cpu, cores, system, node }, minutes }: SoakFigures): string {
  const row = (name: string, figure: (minute: SoakMinute) => number): string[] => [
    name,
    ...soakEdges(minutes, figure).map((value) => value.toFixed(1)),
  ];
  return `## Soak: ${minutes.length} minutes at 500 messages a second

\`npm run bench -- --soak ${minutes.length}\`, at ${at} on ${cores} cores of ${cpu}, ${system}, Node ${node}. Every message of every minute was checked.

${table(
  ['the middle of five minutes each', 'at the start', 'at the end'],
  [
    row('ack p50 ms', ({ ack }) => ack.p50),
    row('ack p99 ms', ({ ack }) => ack.p99),
    row('memory of all processes, MiB', soakMiB),
    ...Object.keys(minutes[0]?.mib ?? {}).map((name) => row(`of ${name}`, ({ mib }) => mib[name] ?? NaN)),
  ],
)}`;
}

function ms(value: number | undefined): string {
  return `${(value ?? NaN).toFixed(2)} ms`;
}
