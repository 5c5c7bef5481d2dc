import { join, resolve } from 'node:path';
import { readSettings, SERVICE_SETTINGS, type SettingTable, type SettingValues } from '@app/platform';
import { z } from 'zod';

/** The settings of the chat service. */
export const CHAT_SETTINGS = {
  ...SERVICE_SETTINGS,
  MASTER_KEY_FILE: {
    default: '',
    shown: 'DATA_DIR/master.key',
    meaning:
      'the file with the master key: one `vN:base64` line of 32 bytes per version; created on first start with mode 0600',
    schema: z.string().transform((text) => text && resolve(text)),
  },
} as const satisfies SettingTable;

/** The values of the chat service's settings. */
export type ChatSettings = SettingValues<typeof CHAT_SETTINGS>;

/**
 * Reads the settings of the chat service; the default of MASTER_KEY_FILE follows DATA_DIR.
 * @param env the environment, that of this process unless given
 * @throws {SettingError} naming the first setting that cannot be used
 */
export function chatSettings(env: Readonly<Record<string, string | undefined>> = process.env): ChatSettings {
  const settings = readSettings(CHAT_SETTINGS, env);
  return { ...settings, MASTER_KEY_FILE: settings.MASTER_KEY_FILE || join(settings.DATA_DIR, 'master.key') };
}
