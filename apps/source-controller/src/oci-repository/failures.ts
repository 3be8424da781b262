import { TransientError } from '@fluvial/runtime';
import { types } from './conditions.ts';

/** `FetchFailed=True` with this reason; the message goes on with the cause's. */
export function fetchFailed(reason: string, text: string, cause?: unknown): TransientError {
  const message = cause === undefined ? text : `${text}: ${(cause as Error).message}`;
  return new TransientError(message, { condition: types.fetchFailed, reason, cause });
}

/** `StorageOperationFailed=True` with this reason. */
export function storageFailed(reason: string, text: string, cause: unknown): TransientError {
  return new TransientError(`${text}: ${(cause as Error).message}`, {
    condition: types.storageOperationFailed,
    reason,
    cause,
  });
}
