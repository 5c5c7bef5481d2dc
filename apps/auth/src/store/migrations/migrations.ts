import { CreateAuthTables1764000000000 } from './create-auth-tables-1764000000000.js';
import { KeepResetLinks1764200000000 } from './keep-reset-links-1764200000000.js';
import { NoteUnscrubbedAccounts1764100000000 } from './note-unscrubbed-accounts-1764100000000.js';
import { TellActorsApart1764310000000 } from './tell-actors-apart-1764310000000.js';

/** The migrations of the auth service's store, the oldest first. */
export const AUTH_MIGRATIONS = [
  CreateAuthTables1764000000000,
  NoteUnscrubbedAccounts1764100000000,
  KeepResetLinks1764200000000,
  TellActorsApart1764310000000,
];
