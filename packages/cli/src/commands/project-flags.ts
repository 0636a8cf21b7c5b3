import { readFile } from 'node:fs/promises';

import { BUDGET_KINDS, EGRESS_PHASES, GATE_SETTINGS, GATES, MODEL_STAGES, parseModelId, type EgressPhase } from '@countersign/domain';
import { InvalidArgumentError, type Command } from 'commander';

import { usage } from '../cli-error.js';

type EgressRuleFlag = { readonly host: string; readonly port?: number; readonly methods?: readonly string[]; readonly tunnel?: boolean; readonly credential?: string };

export type ProjectFlags = {
  repo?: string;
  branch?: string;
  setupCommand?: string;
  testCommand?: string;
  gate?: Record<string, string>;
  policy?: string;
  image?: string;
  rules?: string;
  env?: Record<string, string>;
  model?: Record<string, string | null>;
  reviewBlocks?: boolean;
  egress?: Partial<Record<EgressPhase, EgressRuleFlag[]>>;
  limit?: Record<string, number | null>;
};

/** `name=value`; the first equals sign parts them. */
function pairOf(text: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
}

function collectGate(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [gate, setting] = pairOf(text);
  if (!(GATES as readonly string[]).includes(gate) || !(GATE_SETTINGS as readonly string[]).includes(setting)) {
    throw new InvalidArgumentError(`Say <gate>=<setting>: ${GATES.join(', ')} and ${GATE_SETTINGS.join(', ')}.`);
  }
  return { ...before, [gate]: setting };
}

function collectModel(text: string, before: Record<string, string | null> = {}): Record<string, string | null> {
  const [stage, id] = pairOf(text);
  const isStage = stage === '' || (MODEL_STAGES as readonly string[]).includes(stage);
  if (!isStage || (id !== '' && !parseModelId(id))) {
    throw new InvalidArgumentError(`Say [stage=]provider:model or offline, nothing for the installation's own; stages: ${MODEL_STAGES.join(', ')}.`);
  }
  return { ...before, [stage === '' ? 'all' : stage]: id === '' ? null : id };
}

function collectEnv(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [name, value] = pairOf(text);
  if (name === '') throw new InvalidArgumentError('Say NAME=value.');
  return { ...before, [name]: value };
}

function collectLimit(text: string, before: Record<string, number | null> = {}): Record<string, number | null> {
  const [kind, value] = pairOf(text);
  const number = value === 'none' ? null : Number(value);
  if (!(BUDGET_KINDS as readonly string[]).includes(kind) || value === '' || (number !== null && !(Number.isSafeInteger(number) && number >= 0))) {
    throw new InvalidArgumentError(`Say <limit>=<whole number or none>: ${BUDGET_KINDS.join(', ')}; money in millionths, time in milliseconds.`);
  }
  return { ...before, [kind]: number };
}

const EGRESS_HELP = `${EGRESS_PHASES.join('|')}=host[:port][,GET,POST…][,tunnel][,credential:<name>]; may be repeated; \`setup=\` allows nothing`;

function ruleOf(text: string): EgressRuleFlag {
  const [where = '', ...words] = text.split(',');
  const at = /:(\d+)$/.exec(where);
  const methods = words.filter((word) => /^[A-Z]+$/.test(word));
  const credential = words.find((word) => word.startsWith('credential:'))?.slice('credential:'.length);
  const known = words.filter((word) => methods.includes(word) || word === 'tunnel' || word.startsWith('credential:'));
  if (known.length !== words.length || where === '') throw new InvalidArgumentError(`Say ${EGRESS_HELP}.`);
  return {
    host: at ? where.slice(0, at.index) : where,
    ...(at && { port: Number(at[1]) }),
    ...(methods.length > 0 && { methods }),
    ...(words.includes('tunnel') && { tunnel: true }),
    ...(credential !== undefined && { credential }),
  };
}

function collectEgress(text: string, before: NonNullable<ProjectFlags['egress']> = {}): NonNullable<ProjectFlags['egress']> {
  const [name, rule] = pairOf(text);
  const phase = EGRESS_PHASES.find((known) => known === name);
  if (!phase) throw new InvalidArgumentError(`Say ${EGRESS_HELP}.`);
  return { ...before, [phase]: rule === '' ? [] : [...(before[phase] ?? []), ruleOf(rule)] };
}

function yesOrNo(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('Say yes or no.');
  return text === 'yes';
}

export function withProjectFlags(command: Command, repo: string): Command {
  return command
    .argument('<name>')
    .addOption(command.createOption('--repo <path or url>', repo))
    .option('--branch <branch>', "the target branch; default: the repository's own")
    .option('--setup-command <command>', 'runs in the sandbox before the tests')
    .option('--test-command <command>', 'the check that must pass; run in the sandbox')
    .option('--gate <gate=setting>', `${GATES.join(', ')} = ${GATE_SETTINGS.join(', ')}; may be repeated`, collectGate)
    .option('--policy <file>', 'Cedar policies that decide gates set to policy')
    .option('--image <reference>', 'image of the sandbox; auto: by what the repository needs')
    .option('--rules <file>', 'rules for the agent, shown on the plan')
    .option('--env <name=value>', 'plain environment of set-up and tests; may be repeated; replaces what was set', collectEnv)
    .option('--model <[stage=]model>', `provider:model or offline; stages: ${MODEL_STAGES.join(', ')}; may be repeated`, collectModel)
    .option('--review-blocks <yes|no>', "whether a model's blocking finding sends the work back", yesOrNo)
    .option('--egress <phase=rule>', EGRESS_HELP, collectEgress)
    .option('--limit <limit=n>', `${BUDGET_KINDS.join(', ')} = a whole number or none; may be repeated`, collectLimit);
}

async function textOf(flag: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw usage(`--${flag}: ${file} cannot be read`, flag);
  return text;
}

function given(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** What `addProject` and `setProject` take; an empty text takes a setting back. */
export async function projectInput(name: string, flags: ProjectFlags): Promise<Record<string, unknown>> {
  const { branch, setupCommand, testCommand, gate, policy, image, rules, env, model, reviewBlocks, egress, limit } = flags;
  const settings = given({
    gates: gate,
    setupCommand: setupCommand === '' ? null : setupCommand,
    testCommand: testCommand === '' ? null : testCommand,
    image: image === '' ? null : image,
    rules: await textOf('rules', rules),
    env: env && Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
    models: model,
    reviewBlocks,
    egress,
    limits: limit,
  });
  return given({ name, branch, settings: Object.keys(settings).length > 0 ? settings : undefined, policy: await textOf('policy', policy) });
}
