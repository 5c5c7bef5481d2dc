import { applyDecorators, Catch, Inject, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import type { EventSubject, Subject } from '@app/contracts/bus';
import { throwError, type Observable } from 'rxjs';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/service-logger.js';
import { toRefusal } from '../errors/refusal.js';
import type { BusError } from './codec.js';

/** Marks the method that answers request subjects; one instance of the service answers each request. */
export function Answers(...subjects: [Subject, ...Subject[]]): MethodDecorator {
  const [first] = subjects;
  return MessagePattern(subjects, Transport.NATS, { queue: first.slice(0, first.indexOf('.')) });
}

/** Marks the method that does a service's part of an event and confirms it by its answer. */
export function Confirms(subject: EventSubject, service: string): MethodDecorator {
  return applyDecorators(MessagePattern(subject, Transport.NATS, { queue: service }));
}

/** Marks the method that hears an event which only refreshes memory. */
export function Hears(subject: EventSubject): MethodDecorator {
  // Nest's own type of this decorator does not fit its own `MethodDecorator` under exactOptionalPropertyTypes.
  return EventPattern(subject, Transport.NATS) as MethodDecorator;
}

/** Turns whatever a handler throws into the contract's error; what is no refusal is logged and told as INTERNAL. */
@Catch()
export class BusErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Gives the error that the caller receives. */
  catch(error: unknown): Observable<never> {
    const refusal = toRefusal(error, this.logger);
    const answer: BusError = {
      code: refusal.code,
      message: refusal.message,
      ...(refusal.details.errors && { errors: refusal.details.errors }),
    };
    return throwError(() => answer);
  }
}

/** Answers every failure of a bus controller's methods. */
export function AnswersErrors(): ClassDecorator {
  return UseFilters(BusErrorFilter);
}
