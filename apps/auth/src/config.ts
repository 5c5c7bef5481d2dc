import { readSettings, SERVICE_SETTINGS, type SettingValues } from '@app/platform';

/** The settings of the auth service. */
export const AUTH_SETTINGS = SERVICE_SETTINGS;

/** The values of the auth service's settings. */
export type AuthSettings = SettingValues<typeof AUTH_SETTINGS>;

/**
 * Reads the settings of the auth service.
 * @param env the environment, that of this process unless given
 * @throws {SettingError} naming the first setting that cannot be used
 */
export function authSettings(env: Readonly<Record<string, string | undefined>> = process.env): AuthSettings {
  return readSettings(AUTH_SETTINGS, env);
}
