import { goJson, goNumber, goQuote } from '@fluvial/go-text';
import type { FieldError, FieldErrorReason } from './types.ts';

// The texts of k8s.io/apimachinery `util/validation/field`.

const labels: { readonly [R in FieldErrorReason]: string } = {
  FieldValueInvalid: 'Invalid value',
  FieldValueRequired: 'Required value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueNotFound: 'Not found',
  InternalError: 'Internal error',
};

/** Stands for the value of an error that shows none. */
export const noValue: unique symbol = Symbol('no value');

function printBad(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(value);
  return goJson(value);
}

function make(reason: FieldErrorReason, field: string, value: unknown, detail: string): FieldError {
  let message = labels[reason];
  if (value !== noValue) message += `: ${printBad(value)}`;
  if (detail !== '') message += `: ${detail}`;
  return { reason, field: field === '' ? '<nil>' : field, message };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return make('FieldValueInvalid', field, value, detail);
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return make('FieldValueTypeInvalid', field, value, detail);
}

export function required(field: string, detail = ''): FieldError {
  return make('FieldValueRequired', field, noValue, detail);
}

export function forbidden(field: string, detail: string): FieldError {
  return make('FieldValueForbidden', field, noValue, detail);
}

export function duplicate(field: string, value: unknown): FieldError {
  return make('FieldValueDuplicate', field, value, '');
}

export function internalError(field: string, detail: string): FieldError {
  return make('InternalError', field, noValue, detail);
}

export function notSupported(field: string, value: unknown, allowed: readonly unknown[]): FieldError {
  const values = allowed.map((item) => goQuote(typeof item === 'string' ? item : goJson(item)));
  const detail = values.length === 0 ? '' : `supported values: ${values.join(', ')}`;
  return make('FieldValueNotSupported', field, value, detail);
}

export function tooLong(field: string, max: number): FieldError {
  return make('FieldValueTooLong', field, noValue, `may not be more than ${max} ${max === 1 ? 'byte' : 'bytes'}`);
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return make('FieldValueTooMany', field, actual, `must have at most ${max} ${max === 1 ? 'item' : 'items'}`);
}

/** One text for many errors, as `status.message` has it after `is invalid: `: `a` alone, `[a, b]` for several. */
export function joinFieldErrors(errors: readonly FieldError[]): string {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))];
  return lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
}
