import type { projectsRpc } from '@countersign/contracts';
import type { ServiceRpc } from '@countersign/platform';

import type { ProjectsPort } from './projects.port.js';

/** The most that `people.byIds` takes at once. */
const MAX_IDS = 200;
/** The most that `audit.payloads` takes at once. */
const MAX_PAYLOADS = 500;

export class RpcProjectsAdapter implements ProjectsPort {
  constructor(private readonly rpc: ServiceRpc<typeof projectsRpc>) {}

  viewer: ProjectsPort['viewer'] = (issuer, subject) => this.rpc.call('people.viewer', { issuer, subject });

  people: ProjectsPort['people'] = async (tenantId, ids) => {
    const unique = [...new Set(ids)];
    const pages = [];
    for (let at = 0; at < unique.length; at += MAX_IDS) {
      pages.push(await this.rpc.call('people.byIds', { tenantId, ids: unique.slice(at, at + MAX_IDS) }));
    }
    return pages.flat();
  };

  eligible: ProjectsPort['eligible'] = (tenantId, projectId, roles, exclude) =>
    this.rpc.call('people.eligible', { tenantId, projectId, roles: [...roles], exclude });

  project: ProjectsPort['project'] = (tenantId, id) => this.rpc.call('projects.forService', { tenantId, id });

  projectNamed: ProjectsPort['projectNamed'] = (tenantId, name) => this.rpc.call('projects.named', { tenantId, name });

  auditPayloads: ProjectsPort['auditPayloads'] = async (tenantId, ids) => {
    const found = new Map<string, Buffer>();
    for (let at = 0; at < ids.length; at += MAX_PAYLOADS) {
      const page = await this.rpc.call('audit.payloads', { tenantId, ids: ids.slice(at, at + MAX_PAYLOADS) });
      for (const { id, payload } of page) found.set(id, Buffer.from(payload, 'base64'));
    }
    return found;
  };

  erasable: ProjectsPort['erasable'] = (tenantId, by, person) => this.rpc.call('people.erasable', { tenantId, by, person });

  erase: ProjectsPort['erase'] = (tenantId, by, personId) => this.rpc.call('people.erase', { tenantId, by, personId });

  evaluatePolicy: ProjectsPort['evaluatePolicy'] = (question) => this.rpc.call('policy.evaluate', question);
}
