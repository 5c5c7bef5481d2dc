import { CountMessages1764100000000 } from './count-messages-1764100000000.js';
import { CreateGatewayTables1764000000000 } from './create-gateway-tables-1764000000000.js';
import { KeepChanges1764400000000 } from './keep-changes-1764400000000.js';

/** The migrations of the gateway's store, the oldest first. */
export const GATEWAY_MIGRATIONS = [
  CreateGatewayTables1764000000000,
  CountMessages1764100000000,
  KeepChanges1764400000000,
];
