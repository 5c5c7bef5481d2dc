import type { MasterKey, MasterKeys } from '@app/crypto';

/** The live versions of the master key, which a rotation replaces while the service runs. */
export class LiveMasterKeys implements MasterKeys {
  constructor(private keys: MasterKeys) {}

  /** The version that wraps new keys. */
  get current(): MasterKey {
    return this.keys.current;
  }

  /** Every live version, ascending. */
  get versions(): readonly MasterKey[] {
    return this.keys.versions;
  }

  /** Returns one version, if it is live. */
  get(version: number): MasterKey | undefined {
    return this.keys.get(version);
  }

  /** Replaces the versions; the caller has checked that the new ones fit the store. */
  replace(keys: MasterKeys): void {
    this.keys = keys;
  }
}
