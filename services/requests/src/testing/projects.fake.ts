import { someSettings } from '@countersign/domain/testing';
import { AppError, type ProjectSettings, rolesIn, type Viewer } from '@countersign/domain';

import type { PolicyQuestion, PolicyVerdict, ProjectsPort, ProjectView } from '../people/projects.port.js';

export function aPerson(id: string, over: Partial<Viewer> = {}): Viewer {
  return {
    personId: id,
    tenantId: 't1',
    name: id,
    issuer: 'https://issuer.test',
    subject: id,
    active: true,
    grants: [{ role: 'reviewer', project: '*' }],
    ...over,
  };
}

export function aProject(over: Partial<Omit<ProjectView, 'settings'>> & { readonly settings?: Partial<ProjectSettings> } = {}): ProjectView {
  const { settings, ...rest } = over;
  return {
    id: 'p1',
    tenantId: 't1',
    name: 'sample',
    repo: '/src/sample',
    bare: '/data/p1.git',
    branch: 'main',
    settings: someSettings(settings) as ProjectView['settings'],
    settingsVersion: 1,
    policyVersion: 'policy-1',
    policyText: '',
    import: { state: 'ready', progress: '', code: null, message: null },
    bringHome: [],
    createdAt: '2026-11-20T00:00:00.000Z',
    ...rest,
  };
}

/** People and projects in memory; tests change them at will. */
export class FakeProjects implements ProjectsPort {
  readonly everyone: Viewer[] = [];
  readonly all: ProjectView[] = [];
  readonly questions: PolicyQuestion[] = [];
  verdict: PolicyVerdict = { effect: 'none', policyIds: [], policyVersion: 'policy-1', reasons: [] };
  readonly payloads = new Map<string, Buffer>();
  failure: AppError | undefined;

  add(...people: Viewer[]): this {
    for (const person of people) {
      const at = this.everyone.findIndex(({ personId }) => personId === person.personId);
      if (at < 0) this.everyone.push(person);
      else this.everyone[at] = person;
    }
    return this;
  }

  setProject(project: ProjectView): void {
    const at = this.all.findIndex(({ id }) => id === project.id);
    if (at < 0) this.all.push(project);
    else this.all[at] = project;
  }

  viewer: ProjectsPort['viewer'] = (issuer, subject) =>
    this.answer(this.everyone.find((person) => person.issuer === issuer && person.subject === subject) ?? null);

  people: ProjectsPort['people'] = (tenantId, ids) =>
    this.answer(this.everyone.filter((person) => person.tenantId === tenantId && ids.includes(person.personId)));

  eligible: ProjectsPort['eligible'] = (tenantId, projectId, roles, exclude) =>
    this.answer(
      this.everyone
        .filter(({ tenantId: tenant, personId, active }) => tenant === tenantId && personId !== exclude && active)
        .filter(({ grants }) => rolesIn(grants, projectId).some((role) => roles.includes(role)))
        .map(({ personId, name }) => ({ id: personId, name })),
    );

  project: ProjectsPort['project'] = (tenantId, id) =>
    this.answer(this.all.find((project) => project.tenantId === tenantId && project.id === id) ?? null);

  projectNamed: ProjectsPort['projectNamed'] = (tenantId, name) =>
    this.answer(this.all.find((project) => project.tenantId === tenantId && project.name === name) ?? null);

  auditPayloads: ProjectsPort['auditPayloads'] = (_tenantId, ids) =>
    this.answer(new Map(ids.flatMap((id) => (this.payloads.has(id) ? [[id, this.payloads.get(id) as Buffer] as const] : []))));

  /** Only suspended people, by anybody: what an admin is belongs to services/projects. */
  erasable: ProjectsPort['erasable'] = (tenantId, _by, person) => {
    const found = this.everyone.find((one) => one.tenantId === tenantId && one.personId === person);
    if (!found) return Promise.reject(new AppError('NOT_FOUND', `There is no person ${person}`, { field: 'person' }));
    if (found.active) return Promise.reject(new AppError('PERSON_NOT_SUSPENDED', 'Suspend them first', { field: 'person' }));
    return this.answer({ personId: found.personId, name: found.name });
  };

  erase: ProjectsPort['erase'] = (tenantId, _by, personId) => {
    const found = this.everyone.find((one) => one.tenantId === tenantId && one.personId === personId);
    if (found) this.add({ ...found, name: 'erased person', subject: 'erased' });
    return this.answer({ payloads: 0 });
  };

  evaluatePolicy: ProjectsPort['evaluatePolicy'] = (question) => {
    this.questions.push(question);
    return this.answer(this.verdict);
  };

  private answer<Value>(value: Value): Promise<Value> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(value);
  }
}
