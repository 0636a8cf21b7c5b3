'use client';

import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';

import type { AddProjectInput, Gate, GateSetting } from '../../graphql/generated/graphql';
import { Button } from '../form/button';
import { Field } from '../form/field';
import type { Failure } from '../gateway/answer';
import { mutate } from '../gateway/call';
import { Notice } from '../page/tone';
import { Quoted } from '../text/quoted';
import { AddProjectMutation } from './project.query';

const GATES: readonly (readonly [Gate, GateSetting])[] = [['spec', 'off'], ['plan', 'required'], ['diff', 'policy'], ['merge', 'required']];
const SETTINGS = ['required', 'policy', 'off'] as const;

function inputOf(form: FormData): AddProjectInput {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  const gate = (name: Gate): GateSetting => SETTINGS.find((setting) => setting === text(`gate-${name}`)) ?? 'required';
  const [branch, setupCommand, testCommand] = [text('branch'), text('setupCommand'), text('testCommand')];
  return {
    name: text('name'),
    repo: text('repo'),
    ...(branch ? { branch } : {}),
    settings: {
      gates: { spec: gate('spec'), plan: gate('plan'), diff: gate('diff'), merge: gate('merge') },
      ...(setupCommand ? { setupCommand } : {}),
      ...(testCommand ? { testCommand } : {}),
    },
  };
}

type TextProps = { readonly name: string; readonly label: string; readonly hint?: string; readonly isRequired?: boolean; readonly isCode?: boolean; readonly failure: Failure | undefined };

function TextField({ name, label, hint, isRequired = false, isCode = false, failure }: TextProps) {
  return (
    <Field id={name} label={label} hint={hint} error={failure?.field?.split('.').at(-1) === name ? failure.message : undefined}>
      {(bound) => <input {...bound} name={name} required={isRequired} className={`field ${isCode ? 'font-mono text-14' : ''}`} spellCheck={false} autoComplete="off" data-testid={name} />}
    </Field>
  );
}

export function AddProjectForm() {
  const router = useRouter();
  const key = useRef(crypto.randomUUID());
  const [failure, setFailure] = useState<Failure>();
  const [isSending, setSending] = useState(false);

  const send = async (form: FormData): Promise<void> => {
    setSending(true);
    const answer = await mutate(key.current, AddProjectMutation, { input: inputOf(form) });
    if (answer.ok) return router.push(`/projects/${encodeURIComponent(answer.data.addProject.name)}`);
    if (answer.failure.code !== 'SERVICE_UNAVAILABLE') key.current = crypto.randomUUID();
    setFailure(answer.failure);
    setSending(false);
  };
  return (
    <form
      className="grid max-w-3xl gap-5"
      data-testid="add-project"
      onSubmit={(event) => {
        event.preventDefault();
        void send(new FormData(event.currentTarget));
      }}
    >
      <TextField name="name" label="Name" isRequired failure={failure} />
      <TextField name="repo" label="Repository" isRequired isCode hint="A path on this machine below the allowed roots, or a URL without a password. It is copied and never written." failure={failure} />
      <TextField name="branch" label="Branch (optional)" isCode hint="Left empty: the repository’s own default." failure={failure} />
      <TextField name="setupCommand" label="Setup command (optional)" isCode hint="Runs inside the sandbox only." failure={failure} />
      <TextField name="testCommand" label="Test command (optional)" isCode hint="Runs inside the sandbox only. Without one, checks show as not configured." failure={failure} />
      <fieldset className="grid gap-3">
        <legend className="mb-2 text-14 font-medium">Gates</legend>
        <div className="grid gap-3 sm:grid-cols-4">
          {GATES.map(([gate, standard]) => (
            <Field key={gate} id={`gate-${gate}`} label={gate}>
              {(bound) => <select {...bound} name={`gate-${gate}`} defaultValue={standard} className="field">{SETTINGS.map((setting) => <option key={setting}>{setting}</option>)}</select>}
            </Field>
          ))}
        </div>
      </fieldset>
      <div aria-live="polite">
        {failure ? <Notice tone="refused" title="No project was added" data-testid="failure" data-code={failure.code}><p><Quoted>{failure.message}</Quoted> <code className="text-13 text-muted">{failure.code}</code></p></Notice> : null}
      </div>
      <div><Button type="submit" look="strong" disabled={isSending} data-testid="submit">{isSending ? 'Adding…' : 'Add project'}</Button></div>
    </form>
  );
}
