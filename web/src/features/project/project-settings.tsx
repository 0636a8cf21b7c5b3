import type { GateSetting, ProjectPageQuery } from '../../graphql/generated/graphql';
import { LIMIT_KINDS, LIMIT_WORDS, limitText } from '../budget/budget-words';
import { Fact, Facts } from '../page/section';
import { CodeBlock, Quoted, QuotedBlock } from '../text/quoted';
import { spanText } from '../time/duration';

type Settings = ProjectPageQuery['project']['settings'];

const GATES = ['spec', 'plan', 'diff', 'merge'] as const;
export const GATE_SETTING_WORDS: Readonly<Record<GateSetting, string>> = { required: 'a person approves', policy: 'policy, else a person', off: 'off' };

function Command({ text }: { readonly text: string | null | undefined }) {
  return text ? <code className="wrap-text"><Quoted>{text}</Quoted></code> : <span className="text-muted">not configured</span>;
}

const STAGES = ['all', 'spec', 'plan', 'execute', 'review', 'chat'] as const;
const STAGE_WORDS: Readonly<Record<(typeof STAGES)[number], string>> = {
  all: 'Model',
  spec: 'Model for specs',
  plan: 'Model for plans',
  execute: 'Model that executes',
  review: 'Model that reviews',
  chat: 'Model that answers comments',
};

function Network({ rules }: { readonly rules: Settings['egress']['setup'] }) {
  if (rules.length === 0) return <span className="text-muted">none</span>;
  return rules.map(({ host, port, methods, tunnel, credential }, index) => {
    const how = tunnel ? 'tunnel, not inspected' : methods.join(', ');
    return <div key={index}><code><Quoted>{`${host}:${port}`}</Quoted></code> {how}{credential ? `, with the credential ${credential}` : ''}</div>;
  });
}

export function ProjectSettings({ settings, policyText }: { readonly settings: Settings; readonly policyText: string }) {
  return (
    <div className="grid gap-4">
      <Facts>
        {GATES.map((gate) => <Fact key={gate} name={`Gate ${gate}`}>{GATE_SETTING_WORDS[settings.gates[gate]]}</Fact>)}
        <Fact name="Approvals needed">{settings.approvalsRequired}</Fact>
        <Fact name="Requester may approve">{settings.requesterMayApprove ? 'yes' : 'no'}</Fact>
        <Fact name="A gate closes after">{spanText(settings.gateWindowMs)}, reminder every {spanText(settings.reminderMs)}</Fact>
        <Fact name="Setup command"><Command text={settings.setupCommand} /></Fact>
        <Fact name="Test command"><Command text={settings.testCommand} /></Fact>
        <Fact name="Image">{settings.image ? <code><Quoted>{settings.image}</Quoted></code> : <span className="text-muted">the default image</span>}</Fact>
        <Fact name="Environment">{settings.env.length === 0 ? <span className="text-muted">none</span> : settings.env.map(({ name, value }) => <div key={name}><code><Quoted>{`${name}=${value}`}</Quoted></code></div>)}</Fact>
        <Fact name="Commands of the agent">{settings.commands === 'plan' ? 'only those in the approved plan' : 'any, inside the sandbox'}</Fact>
        {STAGES.filter((stage) => stage === 'all' || settings.models[stage] !== null).map((stage) => (
          <Fact key={stage} name={STAGE_WORDS[stage]}>{settings.models[stage] ?? <span className="text-muted">the installation's own</span>}</Fact>
        ))}
        <Fact name="A model's blocking finding">{settings.reviewBlocks ? 'sends the work back' : 'is shown and blocks nothing'}</Fact>
        <Fact name="Network while setting up"><Network rules={settings.egress.setup} /></Fact>
        <Fact name="Network while executing and testing"><Network rules={settings.egress.execute} /></Fact>
        <Fact name="Fix attempts">{settings.maxFixAttempts}</Fact>
        <Fact name="Changed lines at most">{settings.maxDiffLines}</Fact>
        {LIMIT_KINDS.map((kind) => <Fact key={kind} name={`${LIMIT_WORDS[kind].name}, at most`}>{limitText(kind, settings.limits[kind])}</Fact>)}
        <Fact name="Rules for the agent">{settings.rules ? <QuotedBlock>{settings.rules}</QuotedBlock> : <span className="text-muted">none</span>}</Fact>
      </Facts>
      <details className="panel"><summary className="text-14">Policy</summary><div className="mt-3"><CodeBlock label="Policy in Cedar">{policyText}</CodeBlock></div></details>
    </div>
  );
}
