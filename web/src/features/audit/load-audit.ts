import 'server-only';

import type { Answer } from '../gateway/answer';
import { ask } from '../gateway/gateway';
import { type AuditConnection, type AuditPage, auditPage, type AuditWish } from './audit-pages';
import { AuditPageQuery } from './audit.query';

export function loadAudit(id: string, wish: AuditWish): Promise<Answer<AuditPage>> {
  const read = async (after: string | undefined): Promise<Answer<AuditConnection>> => {
    const answer = await ask(AuditPageQuery, { id, after: after ?? null });
    return answer.ok ? { ok: true, data: answer.data.audit } : answer;
  };
  return auditPage(read, wish);
}
