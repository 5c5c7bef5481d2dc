import { applyDecorators, Catch, Inject, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import type { EventSubject, Subject } from '@app/contracts/bus';
import { throwError, type Observable } from 'rxjs';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/service-logger.js';
import { toApiError } from '../errors/api-error.js';
import type { BusError } from './codec.js';

/** Marks a method that answers request subjects; one instance of the service answers each request. */
export function MessageHandler(...subjects: [Subject, ...Subject[]]): MethodDecorator {
  const [first] = subjects;
  return MessagePattern(subjects, Transport.NATS, { queue: first.slice(0, first.indexOf('.')) });
}

/** Marks a method that handles an event and confirms it by its reply; one instance of the service handles it. */
export function ConfirmedEventHandler(subject: EventSubject, service: string): MethodDecorator {
  return applyDecorators(MessagePattern(subject, Transport.NATS, { queue: service }));
}

/** Marks a method that handles an event without a reply, in every instance of the service. */
export function EventHandler(subject: EventSubject): MethodDecorator {
  // Nest's type of this decorator is not assignable to its `MethodDecorator` under exactOptionalPropertyTypes.
  return EventPattern(subject, Transport.NATS) as MethodDecorator;
}

/** Maps what a handler throws to an error of the contract; anything unexpected is logged and becomes INTERNAL. */
@Catch()
export class BusErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Returns the error that the caller receives. */
  catch(error: unknown): Observable<never> {
    const refusal = toApiError(error, this.logger);
    const answer: BusError = {
      code: refusal.code,
      message: refusal.message,
      ...(refusal.details.errors && { errors: refusal.details.errors }),
    };
    return throwError(() => answer);
  }
}

/** Answers every error of a bus controller's methods. */
export function MapsErrors(): ClassDecorator {
  return UseFilters(BusErrorFilter);
}
