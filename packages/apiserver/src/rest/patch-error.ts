import { MergeError } from '@fluvial/structured-merge';
import { StatusError } from '../errors.ts';

/** Of a JSON patch upstream says only that it does not fit. */
export function rejected(cause: MergeError): StatusError {
  return new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
    { cause },
  );
}

/** What a client is told of a patch that could not be applied. Other errors stay as they are. */
export function patchError(error: unknown): unknown {
  if (!(error instanceof MergeError)) return error;
  const { message } = error;
  switch (error.code) {
    case 'PATCH_TEST_FAILED':
    case 'PATCH_FAILED':
      return rejected(error);
    case 'PATCH_TOO_LARGE':
      return new StatusError(413, 'RequestEntityTooLarge', message, undefined, { cause: error });
    case 'PATCH_INVALID':
      return new StatusError(400, 'BadRequest', message, undefined, { cause: error });
    case 'TYPE_MISMATCH':
    case 'MANAGED_FIELDS_INVALID':
    case 'APPLY_INVALID':
    case 'CONFLICT':
      return new StatusError(500, '', message, undefined, { cause: error });
  }
}
