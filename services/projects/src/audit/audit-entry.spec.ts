import { sha256Hex } from '@countersign/domain/digest';
import { describe, expect, it } from '@jest/globals';

import { encodeAuditEvent } from './audit-entry.js';

const event = {
  tenantId: 't1',
  type: 'role.granted',
  actor: 'p1',
  at: new Date('2026-01-02T03:04:05.678Z'),
  subject: 'person/p2',
  payload: { role: 'admin' },
} as const;

describe('an audit entry', () => {
  it('has one form, and names its payload by digest', () => {
    const { entry, payload } = encodeAuditEvent(event, Buffer.alloc(16, 1));
    expect(payload.toString()).toBe(`{"role":"admin","salt":"${'01'.repeat(16)}"}`);
    expect(entry.toString()).toBe(
      `{"actor":"p1","at":"2026-01-02T03:04:05.678Z","payload":"${sha256Hex(payload)}","subject":"person/p2","tenant":"t1","type":"role.granted","v":1}`,
    );
  });

  it('cannot be told from its payload without the salt', () => {
    expect(encodeAuditEvent(event).entry.equals(encodeAuditEvent(event).entry)).toBe(false);
  });
});
