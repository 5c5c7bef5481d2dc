import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { DeviceCookie } from './device-cookie.js';
import { SessionCookie } from './session-cookie.js';

/** The session cookie and the device cookie. */
@Module({})
export class SessionModule {
  /** @param stores the modules that provide the stores */
  static over(stores: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: SessionModule,
      imports: stores,
      providers: [SessionCookie, DeviceCookie],
      exports: [SessionCookie, DeviceCookie],
    };
  }
}
