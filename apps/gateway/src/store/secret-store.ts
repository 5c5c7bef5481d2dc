/** Secrets of the installation: made once, the same for every gateway and after every start. */
export abstract class SecretStore {
  /** Returns the 32 random bytes of a name; the first call makes them. */
  abstract get(name: string): Promise<Buffer>;
}
