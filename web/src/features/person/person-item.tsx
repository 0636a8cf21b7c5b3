'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';

import type { PeopleQuery, Role } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import type { Answer, Failure } from '../gateway/answer';
import { mutate } from '../gateway/call';
import { Mark, Notice } from '../page/tone';
import { Quoted } from '../text/quoted';
import { GrantMutation, RestoreMutation, RevokeMutation, SuspendMutation } from './person.query';

type Person = PeopleQuery['people']['edges'][number]['node'];

const ROLES = ['observer', 'reviewer', 'maintainer', 'admin'] as const satisfies readonly Role[];
const EVERY_PROJECT = '*';
const projectInput = (project: string): { readonly project: string } | object => (project === EVERY_PROJECT ? {} : { project });

type GrantProps = { readonly person: Person; readonly projects: readonly string[]; readonly isSending: boolean; readonly onGrant: (role: Role, project: string) => void };

function GrantForm({ person, projects, isSending, onGrant }: GrantProps) {
  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const role = ROLES.find((name) => name === form.get('role'));
        if (role) onGrant(role, String(form.get('project')));
      }}
    >
      <select name="role" aria-label={`Role for ${person.subject}`} className="field !w-auto text-14" data-testid="grant-role">{ROLES.map((role) => <option key={role}>{role}</option>)}</select>
      <select name="project" aria-label={`Project of the role for ${person.subject}`} className="field !w-auto text-14" data-testid="grant-project">
        <option value={EVERY_PROJECT}>every project</option>
        {projects.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
      <Button type="submit" disabled={isSending} data-testid="grant-submit">Grant</Button>
    </form>
  );
}

export function PersonItem({ person, projects, isSelf }: { readonly person: Person; readonly projects: readonly string[]; readonly isSelf: boolean }) {
  const router = useRouter();
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  const run = async (act: (key: string) => Promise<Answer<unknown>>): Promise<void> => {
    setSending(true);
    const answer = await act(crypto.randomUUID());
    setFailure(answer.ok ? undefined : answer.failure);
    setSending(false);
    router.refresh();
  };
  const { active, grants, name, subject } = person;
  const input = { person: person.id };
  return (
    <li className="grid gap-2 border-b border-line py-4" data-testid="person-item" data-person={subject}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p><span className="font-medium"><Quoted>{name}</Quoted></span> <code className="text-13 text-muted"><Quoted>{subject}</Quoted></code></p>
        <p className="flex items-center gap-4 text-14">
          <Mark icon={active ? 'check' : 'pause'} tone={active ? 'ink' : 'waiting'}>{active ? 'active' : 'suspended'}</Mark>
          <Button disabled={isSending || isSelf} look={active ? 'refuse' : 'plain'} title={isSelf ? 'Nobody suspends themselves' : undefined} data-testid={active ? 'suspend' : 'restore'} onClick={() => void run((key) => (active ? mutate(key, SuspendMutation, { input }) : mutate(key, RestoreMutation, { input })))}>
            {active ? 'Suspend' : 'Restore'}
          </Button>
        </p>
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-14" aria-label={`Roles of ${subject}`}>
        {grants.length === 0 ? <li className="text-muted">no role</li> : null}
        {grants.map(({ role, project }) => (
          <li key={`${role} ${project}`} data-testid="grant" data-role={role}>
            {role} · {project === EVERY_PROJECT ? 'every project' : <Quoted>{project}</Quoted>}{' '}
            <button type="button" className="link text-13" disabled={isSending} data-testid="revoke" aria-label={`Revoke ${role} of ${subject}`} onClick={() => void run((key) => mutate(key, RevokeMutation, { input: { ...input, role, ...projectInput(project) } }))}>revoke</button>
          </li>
        ))}
      </ul>
      <GrantForm person={person} projects={projects} isSending={isSending} onGrant={(role, project) => void run((key) => mutate(key, GrantMutation, { input: { ...input, role, ...projectInput(project) } }))} />
      <div aria-live="polite">
        {failure ? <Notice tone="refused" title="Nothing changed" data-testid="failure" data-code={failure.code}><p><Quoted>{failure.message}</Quoted> <code className="text-13 text-muted">{failure.code}</code></p></Notice> : null}
      </div>
    </li>
  );
}
