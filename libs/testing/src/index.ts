export { bareRequest, type BareReply } from './bare-bus.js';
export { eventually } from './eventually.js';
export { freePort } from './free-port.js';
export { NatsServerUnderTest } from './nats-server.js';
export { temporaryFolder } from './temporary-folder.js';
