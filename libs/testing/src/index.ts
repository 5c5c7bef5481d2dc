export { bareRequest, type BareReply } from './bare-bus.js';
export { EdgeClient, type EdgeAnswer, type TestSocket } from './edge-client.js';
export { eventually } from './eventually.js';
export { freePort, freePortsInARow } from './free-port.js';
export { NatsServerUnderTest } from './nats-server.js';
export { PieceScanner } from './piece-scanner.js';
export { ServiceProcess } from './service-process.js';
export { SERVICES, Stack, type ServiceName } from './stack.js';
export { temporaryFolder } from './temporary-folder.js';
