import { Module } from '@nestjs/common';
import { Telemetry } from '@app/platform';
import { ActivityModule } from '../activity/activity.module.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AuthStore } from '../store/auth-store.js';
import { Accounts } from './accounts.js';
import { PasswordChange } from './change-password.js';
import { AccountDeletion } from './delete-account.js';
import { FailedLogIns } from './failed-log-ins.js';
import { LogIn } from './log-in.js';
import { OperatorSessions } from './operator-sessions.js';
import { Registration } from './register.js';
import { PasswordReset } from './reset-password.js';

const USE_CASES = [
  Accounts,
  Registration,
  LogIn,
  PasswordChange,
  PasswordReset,
  AccountDeletion,
  OperatorSessions,
];

/** Accounts: registered, logged in to, given a new password, deleted. */
@Module({
  imports: [SessionsModule, ActivityModule],
  providers: [...USE_CASES, FailedLogIns, PasswordHasher],
  exports: USE_CASES,
})
export class AccountsModule {
  constructor(telemetry: Telemetry, store: AuthStore, hasher: PasswordHasher) {
    telemetry.gauge('erasures_pending', 'Deleted accounts of which bytes may still be in the file.', () =>
      store.unscrubbed.count(),
    );
    telemetry.gauge('passwords_waiting', 'Passwords that wait to be hashed.', () => hasher.waiting);
  }
}
