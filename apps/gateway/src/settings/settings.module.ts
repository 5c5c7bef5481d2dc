import { Global, Module, type DynamicModule } from '@nestjs/common';
import { SETTINGS, type GatewaySettings } from './config.js';

/** The settings, for all modules. */
@Global()
@Module({})
export class SettingsModule {
  /** @param settings as they were read at the start */
  static with(settings: GatewaySettings): DynamicModule {
    return {
      module: SettingsModule,
      providers: [{ provide: SETTINGS, useValue: settings }],
      exports: [SETTINGS],
    };
  }
}
