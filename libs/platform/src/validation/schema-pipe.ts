import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { LIMITS, type FieldError } from '@app/contracts/edge';
import type { z } from 'zod';
import { ApiError } from '../errors/api-error.js';

/**
 * Checks a value against a schema.
 * @param schema strict object schemas reject unknown properties
 * @param value anything, as it was received
 * @param name the field's name in an error about the value as a whole: a parameter's name, or the body
 * @returns the parsed value, with defaults filled in
 * @throws {ApiError} VALIDATION_FAILED that names each wrong field, 20 at most
 */
export function parsePayload<S extends z.ZodType>(
  schema: S,
  value: unknown,
  name: string = 'body',
): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw validationFailed(result.error.issues.flatMap((issue) => fieldErrors(issue, name)));
}

/** Returns a VALIDATION_FAILED that names these fields. */
export function validationFailed(errors: readonly FieldError[]): ApiError {
  const shown = errors.slice(0, LIMITS.fieldErrors);
  return new ApiError('VALIDATION_FAILED', `Check ${shown.map((e) => e.field).join(', ')}`, {
    errors: shown,
  });
}

function fieldErrors(issue: z.core.$ZodIssue, name: string): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: shorten([...path, key].join('.')),
      message: 'is not known here',
    }));
  return [{ field: path.join('.') || name, message: plain(issue) }];
}

/** Returns an error message for people: the library's messages about types are for programmers. */
function plain(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message;
  return issue.input === undefined
    ? 'is required'
    : `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
}

/** Shortens a field's name, which may be as long as a body. */
function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}

/** Checks a parameter of a Nest handler against a schema. */
export class SchemaPipe<S extends z.ZodType> implements PipeTransform<unknown, z.output<S>> {
  constructor(private readonly schema: S) {}

  /** @throws {ApiError} VALIDATION_FAILED */
  transform(value: unknown, { data }: Pick<ArgumentMetadata, 'data'> = {}): z.output<S> {
    return parsePayload(this.schema, value, data);
  }
}
