import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What somebody of another tenant may have learned of the first one. */
export type Known = {
  readonly request: string;
  readonly project: string;
  readonly projectName: string;
  readonly person: string;
  readonly digest: string;
  readonly repo: string;
};

/** One document; `expected` is the refusal, or what `data` must be. */
type Visit = { readonly document: string; readonly variables: object; readonly expected: string | Record<string, unknown> };

const LIMITS = { tokens: 1_000_000, costMicros: null, wallClockMs: 3_600_000, attempts: 99 };
const NO_REQUEST = 'NOT_FOUND id';

const word = (field: string, input: object): Visit => ({
  document: `mutation ($input: ${field === 'comment' ? 'CommentInput' : 'RequestReasonInput'}!) { ${field}(input: $input) { state } }`,
  variables: { input },
  expected: NO_REQUEST,
});

const onPerson = (field: string, type: string, input: object): Visit => ({
  document: `mutation ($input: ${type}!) { ${field}(input: $input) { id } }`,
  variables: { input },
  expected: 'NOT_FOUND person',
});

/** For every field of Query and Mutation: what it does with the ids of another tenant. */
export function visits(known: Known): Readonly<Record<string, readonly Visit[]>> {
  const { request: id, project, projectName, person, digest, repo } = known;
  const empty = { edges: [], totalCount: 0 };
  const byRequest = (field: string, args: string, selection: string): Visit => ({
    document: `query ($id: ID!) { ${field}(id: $id${args}) { ${selection} } }`,
    variables: { id },
    expected: NO_REQUEST,
  });
  const projectBy = (name: string): Visit => ({
    document: 'query ($name: String!) { project(name: $name) { id } }',
    variables: { name },
    expected: 'NOT_FOUND name',
  });
  return {
    me: [{ document: '{ me { tenant roles } }', variables: {}, expected: { me: { tenant: 'other', roles: ['admin'] } } }],
    inbox: [{ document: '{ inbox { needsMe waiting running done } }', variables: {}, expected: { inbox: { needsMe: 0, waiting: 0, running: 0, done: 0 } } }],
    people: [{ document: '{ people { totalCount edges { node { subject } } } }', variables: {}, expected: { people: { totalCount: 1, edges: [{ node: { subject: 'observer' } }] } } }],
    projects: [{ document: '{ projects { totalCount edges { node { id } } } }', variables: {}, expected: { projects: empty } }],
    requests: [
      { document: '{ requests { totalCount edges { node { id } } } }', variables: {}, expected: { requests: empty } },
      ...[project, projectName].map((name) => ({
        document: 'query ($name: String) { requests(project: $name) { totalCount edges { node { id } } } }',
        variables: { name },
        expected: { requests: empty },
      })),
    ],
    project: [projectBy(projectName), projectBy(project)],
    request: [byRequest('request', '', 'id title body')],
    document: ['spec', 'plan', 'diff', 'checks', 'review'].map((kind) => byRequest('document', `, kind: ${kind}`, 'text digest')),
    subject: ['spec', 'plan', 'diff', 'merge'].map((gate) => byRequest('subject', `, gate: ${gate}, revision: 1`, 'text')),
    log: [byRequest('log', '', 'text')],
    audit: [byRequest('audit', '', 'edges { node { entry } }')],
    budgetSubject: [byRequest('budgetSubject', ', limits: { attempts: 50 }', 'digest text')],
    // Published for everybody; a log is a tenant's own.
    signingKeys: [{ document: '{ signingKeys { __typename } }', variables: {}, expected: { signingKeys: { __typename: 'SigningKeys' } } }],
    logStatus: [{ document: '{ logStatus { broken { code } } }', variables: {}, expected: { logStatus: { broken: null } } }],
    recoverLog: [{ document: 'mutation { recoverLog { origin } }', variables: {}, expected: 'REPAIR_NOT_NEEDED' }],
    revokeKey: [
      { document: 'mutation ($id: ID!) { revokeKey(id: $id, reason: superseded) { number } }', variables: { id: 'a'.repeat(43) }, expected: 'NOT_FOUND' },
    ],
    publishKeys: [{ document: 'mutation { publishKeys(envelope: "{}") { number } }', variables: {}, expected: 'INVALID_INPUT envelope' }],
    // Signed in from the machine itself: whoever can read the data folder manages the keys of all.
    rotateKey: [{ document: 'mutation { rotateKey(purpose: decision) { number } }', variables: {}, expected: { rotateKey: { number: 2 } } }],
    createRequest: [projectName, project].map((name) => ({
      document: 'mutation ($input: CreateRequestInput!) { createRequest(input: $input) { id } }',
      variables: { input: { project: name, title: 'rename a to b' } },
      expected: 'NOT_FOUND project',
    })),
    decide: ['approve', 'reject', 'request_changes'].map((verdict) => ({
      document: 'mutation ($input: DecideInput!) { decide(input: $input) { outcome } }',
      variables: { input: { id, gate: 'plan', digest, verdict, reason: 'because' } },
      expected: NO_REQUEST,
    })),
    comment: [word('comment', { id, text: 'hello' })],
    cancelRequest: [word('cancelRequest', { id, reason: 'no' })],
    pauseRequest: [word('pauseRequest', { id })],
    resumeRequest: [word('resumeRequest', { id })],
    raiseBudget: [
      {
        document: 'mutation ($input: RaiseBudgetInput!) { raiseBudget(input: $input) { state } }',
        variables: { input: { id, digest, limits: LIMITS } },
        expected: NO_REQUEST,
      },
    ],
    repairRequest: [{ document: 'mutation ($id: ID!) { repairRequest(id: $id) { state } }', variables: { id }, expected: NO_REQUEST }],
    setProject: [projectName, project].map((name) => ({
      document: 'mutation ($input: SetProjectInput!) { setProject(input: $input) { id } }',
      variables: { input: { name, settings: { testCommand: 'true' } } },
      expected: 'NOT_FOUND name',
    })),
    // The same name is free here: a refusal would tell that the other tenant has it.
    addProject: [
      {
        document: 'mutation ($input: AddProjectInput!) { addProject(input: $input) { name } }',
        variables: { input: { name: projectName, repo } },
        expected: { addProject: { name: projectName } },
      },
    ],
    suspendPerson: [person, 'maintainer'].map((name) => onPerson('suspendPerson', 'PersonInput', { person: name })),
    restorePerson: [person, 'maintainer'].map((name) => onPerson('restorePerson', 'PersonInput', { person: name })),
    erasePerson: [person, 'maintainer'].map((name) => ({
      document: 'mutation ($input: PersonInput!) { erasePerson(input: $input) { person } }',
      variables: { input: { person: name } },
      expected: 'NOT_FOUND person',
    })),
    grantRole: [person, 'maintainer'].map((name) => onPerson('grantRole', 'RoleInput', { person: name, role: 'admin' })),
    revokeRole: [person, 'maintainer'].map((name) => onPerson('revokeRole', 'RoleInput', { person: name, role: 'maintainer' })),
  };
}

/** The same over git's protocol: each is as if it did not exist. */
export function gitVisits({ project, projectName }: Known): readonly string[] {
  return [projectName, project].flatMap((name) => [`/git/${name}.git/info/refs?service=git-upload-pack`, `/git/${name}.git/HEAD`]);
}

/** Every field that the API has, so that a new one cannot be forgotten here. */
export function apiFields(root: string): readonly string[] {
  const schema = readFileSync(join(root, 'gateway/schema.graphql'), 'utf8');
  return ['Query', 'Mutation'].flatMap((type) => {
    const body = new RegExp(`^type ${type} \\{\\n([^}]*)^\\}`, 'm').exec(schema)?.[1] ?? '';
    return [...body.replace(/"""[^]*?"""/g, '').matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name = '']) => name);
  });
}
