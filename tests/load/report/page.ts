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

\`npm run bench\` compares Secure Chat with a reference program, [\`tests/load/reference.ts\`](../tests/load/reference.ts): the
shortest fair program that does the same job. It is one process with Socket.IO, SQLite with \`synchronous=FULL\`, AES-256-GCM
for each message with the same bound context, group commits of at most 200, and the same frames, ids, receipts and check for
repeated messages. It has no services, no framework, no sessions that can end, and no erasure.

Both programs run at the same time on one machine. They are loaded alternately, one slice after the other; which one is first
alternates from round to round. A ratio is product divided by reference within a round. The tables show the median of all
rounds, with the lowest and the highest in brackets. After every slice the benchmark verifies that each acknowledged message
has arrived once, in order and unchanged, and is in the history. The load comes from a separate process: 50 pairs, in which
both members send messages of 200 bytes in several scripts. The benchmark does not fail on times: this page reports
measurements, not guarantees.

\`npm run bench -- --quick\` takes less than 3 minutes. \`npm run bench:report\` writes this page from the newest result.
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
(p99 ${ms(before?.p99)}, ${ms(after?.p99)}). Other processes used ${others.median.toFixed(2)} cores meanwhile (at most ${others.high.toFixed(2)}); the more they use, the wider the spread below.
Measured at ${at}, ${rounds} rounds${quick ? ', quick' : ''}. In the closed loop the load generator was busy for ${(generator.median * 100).toFixed(0)} % of the time, and the bottleneck in ${bottlenecks} slices.
${
  others.median > BUSY_MACHINE_CORES
    ? '\n**The machine was busy with other work. Ratios within a round are still meaningful; times in milliseconds mostly show how busy it was. Measure again on an idle machine.**\n'
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
  return `### What limits the closest results

- A page of history: opening a message allocates an OpenSSL object, and one page in sixty was delayed by a garbage collection
  of 7 ms (p99 13 ms). The young generation is now collected after every 500 opened messages, between requests. A smaller
  young generation has the same effect but costs throughput: 0.85 × the reference with 8 MiB, 1.0 × with 32.
- Many log-ins at once: the cost is the password hashing. At 500 messages a second, 50 simultaneous requests that are refused
  before any hashing leave the p99 unchanged (9 ms). 50 log-ins one after the other raise it to about 11 ms, 50 at once to 17
  to 22 ms. auth runs at a lower process priority, and the gateway starts one request per iteration of its event loop.
  Hashing one password at a time instead of two gave 17 to 19 ms, but auth then refuses log-ins earlier.
- The erasure of ten million messages: the run above started right after the half hour that had filled the chat. After so many
  writes, the disk of that machine sometimes blocked all writers. With three million messages, no step of the erasure
  computed for longer than 25 ms, but one of 3,500 waited 364 ms for the disk. In the rounds before, without any erasure, the
  reference's p99 at 500/s once rose to 335 ms. On an idle disk, 10,000,000 rows that had been written into the file
  directly were erased in 49 s with a longest wait of others of 86 ms, 3,000,000 in 15 s with 69 ms. The benchmark now waits
  for a minute before it erases.
- Throughput: under full load, \`writev\` and SQLite's commit each take a quarter of the gateway's time. Packets to one socket
  leave in one system call, which raised the throughput from 12,100 to 13,300 messages a second, without the reference.
- Memory: the services release the memory that only their start needs, which reduced the idle stack from 431 to 323 MiB.
  \`--optimize-for-size\` for the gateway has the same effect, but overrides the size of the young generation: 0.74 × the
  reference.

## Messages

![Messages a second by round](images/bench-throughput.svg)

![The acknowledgement's p50 by load](images/bench-ack-p50.svg)

![The acknowledgement's p99 by load](images/bench-ack-p99.svg)

Acknowledgement: from sending a message to the answer that it is on disk. Delivery: from sending it to its arrival at the other
member.

${loads
  .map(
    (load) => `### ${load[0]?.toUpperCase()}${load.slice(1)}

${table(
  ['', 'product', 'reference', 'ratio'],
  rows.filter((row) => row.load === load).map((row) => [row.name, row.product, row.reference, row.ratio]),
)}`,
  )
  .join('\n')}
### CPU by process, microseconds per message

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
  return `## Memory and disk

${table(
  ['', ...servers],
  [
    ['resident with 100 accounts, MiB', ...servers.map((server) => memory(weight[server].idleMiB))],
    ['with 100 sockets, MiB', ...servers.map((server) => memory(weight[server].connectedMiB))],
    ['after the load, MiB', ...servers.map((server) => memory(weight[server].loadedMiB))],
    ['bytes on disk per message', ...servers.map((server) => weight[server].bytesPerMessage.toFixed(0))],
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
  return `## Idle sockets

${table(
  ['server', 'sockets', 'KiB per socket', 'all reconnect at once, ms'],
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
A list of ${chatList.chats.toLocaleString('en')} chats takes ${chatList.read.p50.toFixed(0)} ms (p99 ${chatList.read.p99.toFixed(0)}).

## Latency of others at 500/s during other work

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
${long ? longWords(long) : ''}At 500/s the gateway's event loop was blocked for ${measured.loopDelay.p50.toFixed(1)} ms (p50), ${measured.loopDelay.p99.toFixed(1)} ms (p99), ${measured.loopDelay.max.toFixed(1)} ms (longest).

## Start

${(start.coldMs / 1000).toFixed(1)} s until the ready line without data, ${(start.warmMs / 1000).toFixed(1)} s with data.
Three seconds later the idle stack without accounts uses ${memory(start.idleMiB)} MiB, all resident sizes added up. That sum
counts the pages that the Node processes share four times; counted once, it is ${start.idleSharedOnceMiB.toFixed(0)} MiB.
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

A chat of ${count(client.messages)} messages, measured in the page by the long form of the browser tests (\`npm run test:long -- browser\`), at
${client.at} on ${client.machine}, with ${client.browser} without a graphics processor. ${client.load.toFixed(1)} processes were
runnable meanwhile, including the browser and the server; the more there are, the less these times show about the client.

${table(
  ['', 'goal', 'measured'],
  [
    ['from loading the page until the chat list is painted', '1 s', `${count(client.listMs)} ms`],
    ['from the click until the end of the chat is painted', '300 ms', `${count(client.chatMs)} ms`],
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

\`npm run bench -- --soak ${minutes.length}\`, at ${at} on ${cores} cores of ${cpu}, ${system}, Node ${node}. Every message was verified.

${table(
  ['median of five minutes each', 'at the start', 'at the end'],
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
