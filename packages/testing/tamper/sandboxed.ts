import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startModelServer, type ModelCall, type ModelScript, type ModelServer, type ScriptedAnswer } from '@countersign/model-server';

import { modelEnv } from '../e2e/model-installation.js';
import { onScratch } from './stage.js';
import type { Project, World } from './world.js';

type Call = { readonly name: string; readonly args: Readonly<Record<string, unknown>> };

/** What a language model says, over the wire protocol of a provider. */
export type Part = {
  /** Called first in every conversation, offered or not. */
  readonly first: readonly Call[];
  /** Said wherever it may say something of its own. */
  readonly word: string;
  readonly files: readonly { readonly path: string; readonly change: 'add' | 'edit' }[];
  readonly commands: readonly (readonly string[])[];
  readonly steps: readonly (readonly Call[])[];
};

const USAGE = { inputTokens: 1_000, outputTokens: 100 } as const;

function documentOf(asked: string, { word, files, commands }: Part): unknown {
  if (/spec/.test(asked)) return { goal: `${word}: another line in the README`, acceptanceCriteria: [word], outOfScope: [word] };
  if (/plan/.test(asked)) return { summary: word, steps: [{ title: word, instruction: `${word}. Write the line.`, files, commands }], notes: [word] };
  return { findings: [{ path: files[0]?.path ?? '', line: 1, severity: 'info', confidence: 1, message: word }] };
}

/** Nothing is kept, so a call that is repeated gets the same answer. */
export function acting(part: Part): ModelScript {
  return (call: ModelCall): ScriptedAnswer => {
    const said = call.messages.filter(({ role }) => role === 'assistant').length;
    const turn = part.first.length > 0 ? said - 1 : said;
    const calls = (made: readonly Call[]): ScriptedAnswer => ({ text: part.word, toolCalls: made.map((one, at) => ({ id: `call_${said}_${at}`, ...one })), usage: USAGE });
    if (turn < 0) return calls(part.first);
    if (call.tools.some(({ name }) => name === 'finish')) return calls(part.steps[turn] ?? [{ name: 'finish', args: { summary: part.word } }]);
    return call.wantsSchema ? { json: documentOf(call.wantsSchema.name, part), usage: USAGE } : { text: part.word, usage: USAGE };
  };
}

export type Stage = {
  readonly world: World;
  /** A project whose model, in every stage, is this script alone. */
  project(name: string, script: ModelScript, settings?: Readonly<Record<string, unknown>>): Promise<Project>;
};

type Waiting = { readonly work: (stage: Stage) => Promise<void>; readonly fail: (error: unknown) => void };
const waiting: Waiting[] = [];
let turn: Promise<void> = Promise.resolve();
let isComing = false;

/** The scratch installation with a provider in its environment, restarted for all who wait for one and left without. */
export function onModel<Result>(work: (stage: Stage) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    waiting.push({ work: (stage) => work(stage).then(resolve, reject), fail: reject });
    if (isComing) return;
    isComing = true;
    turn = onScratch(perform);
    turn.catch((error: unknown) => waiting.splice(0).forEach(({ fail }) => fail(error)));
  });
}

/** The scratch installation is as it was found. A row that used it ends with this: who closes it must not meet it in a restart. */
export function withoutModel(): Promise<void> {
  return turn;
}

async function perform(world: World): Promise<void> {
  const scripts = new Map<string, ModelScript>();
  const script: ModelScript = (call) => scripts.get(call.model)?.(call) ?? { fault: 'unknown-model' };
  const server = await startModelServer({ script });
  try {
    await restart(world, envOf(world, server));
    const project: Stage['project'] = (name, own, settings = {}) => {
      const model = `scripted-${name}`;
      scripts.set(model, own);
      return world.project(name, { ...settings, models: { all: `openai:${model}` } });
    };
    while (waiting.length > 0) {
      await Promise.all(waiting.splice(0).map(({ work }) => work({ world, project })));
      // Whoever waited for one of these may have another.
      await sleep(100);
    }
  } finally {
    isComing = false;
    await server.close();
    await restart(world);
  }
}

function envOf(world: World, server: ModelServer): Record<string, string> {
  const { COUNTERSIGN_MODEL: _, ...env } = modelEnv(world.app, server, 'openai');
  const prices = join(world.app.reposDir, 'scripted-prices.json');
  writeFileSync(prices, JSON.stringify([{ id: 'openai:scripted-*', contextTokens: 100_000, usdPerMillion: { input: 2, cachedInput: 0.5, output: 10 }, asOf: '2026-11-01', source: 'a test' }]));
  return { ...env, COUNTERSIGN_MODEL_PRICES: prices };
}

async function restart(world: World, env: Readonly<Record<string, string>> = {}): Promise<void> {
  await world.app.stop();
  await world.start(env);
}
