import { AppError } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

import { DatabaseConnectionError } from '../postgres/connection-failure.js';
import { toFailure } from './activity-errors.interceptor.js';

describe('toFailure', () => {
  it('keeps a code and whether to try again, and nothing else', () => {
    const failure = toFailure(new AppError('STALE_DIGEST', 'x'.repeat(5_000), { cause: new Error('private'), details: 1 }));
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'STALE_DIGEST', nonRetryable: true, cause: undefined, stack: '' });
    expect((failure as Error).message).toHaveLength(2_000);
    expect((failure as ApplicationFailure).details ?? []).toEqual([]);
  });

  it('lets an outage be tried again', () => {
    expect(toFailure(new AppError('SERVICE_UNAVAILABLE', 'gone'))).toMatchObject({ nonRetryable: false });
    expect(toFailure(new DatabaseConnectionError('gone'))).toMatchObject({ type: 'DATABASE_UNAVAILABLE', nonRetryable: false });
    expect(toFailure(new TypeError('bug'))).toMatchObject({ type: 'TypeError', nonRetryable: false });
    expect(toFailure('text')).toMatchObject({ message: 'text', nonRetryable: false });
  });

  it('passes on what the SDK reads as cancellation', () => {
    const cancelled = new CancelledFailure('stop');
    const aborted = new DOMException('stop', 'AbortError');
    expect(toFailure(cancelled)).toBe(cancelled);
    expect(toFailure(aborted)).toBe(aborted);
  });
});
