import {
  type ApplicationConfig,
  ErrorHandler,
  inject,
  provideAppInitializer,
  provideBrowserGlobalErrorListeners,
  provideZonelessChangeDetection,
} from '@angular/core';
import {
  PreloadAllModules,
  provideRouter,
  TitleStrategy,
  withComponentInputBinding,
  withPreloading,
} from '@angular/router';
import { routes } from './app.routes';
import { PageTitle } from './core/device/page-title';
import { PageErrors } from './core/dialogs/page-errors';
import { Invite } from './core/session/invite';
import { SessionStore } from './core/session/session-store';

/** The configuration of the application. */
export const appConfig: ApplicationConfig = {
  providers: [
    provideZonelessChangeDetection(),
    provideBrowserGlobalErrorListeners(),
    { provide: ErrorHandler, useClass: PageErrors },
    provideAppInitializer(() => {
      // Before the router reads the address: a key must not stay in it.
      inject(Invite).watchAddress();
      inject(SessionStore);
    }),
    provideRouter(routes, withComponentInputBinding(), withPreloading(PreloadAllModules)),
    { provide: TitleStrategy, useExisting: PageTitle },
  ],
};
