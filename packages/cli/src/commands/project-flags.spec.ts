import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';

import { projectInput, withProjectFlags, type ProjectFlags } from './project-flags.js';

async function inputOf(...args: readonly string[]): Promise<Record<string, unknown>> {
  const command = withProjectFlags(new Command('set').exitOverride().configureOutput({ writeErr: () => undefined }), 'a path');
  command.parse(['sample', ...args], { from: 'user' });
  return projectInput('sample', command.opts<ProjectFlags>());
}

describe('flags of a project', () => {
  it('send only what was named', async () => {
    expect(await inputOf()).toEqual({ name: 'sample' });
    expect(await inputOf('--branch', 'next')).toEqual({ name: 'sample', branch: 'next' });
  });

  it('take a setting back with an empty text', async () => {
    expect(await inputOf('--setup-command', '', '--image', '', '--model', 'review=')).toEqual({
      name: 'sample',
      settings: { setupCommand: null, image: null, models: { review: null } },
    });
  });

  it('name models for all stages or for one, colons in a name included', async () => {
    const { settings } = await inputOf('--model', 'ollama:qwen3:8b', '--model', 'plan=anthropic:some-model');
    expect(settings).toEqual({ models: { all: 'ollama:qwen3:8b', plan: 'anthropic:some-model' } });
    await expect(inputOf('--model', 'thinking=openai:x')).rejects.toThrow(/stages: spec, plan/);
    await expect(inputOf('--model', 'acme:x')).rejects.toThrow(/provider:model/);
  });

  it('read egress rules, and an empty one clears its phase', async () => {
    const { settings } = await inputOf('--egress', 'setup=registry.example.org,GET,HEAD', '--egress', 'setup=git.example.org:8443,POST,credential:git', '--egress', 'execute=');
    expect(settings).toEqual({
      egress: {
        setup: [
          { host: 'registry.example.org', methods: ['GET', 'HEAD'] },
          { host: 'git.example.org', port: 8443, methods: ['POST'], credential: 'git' },
        ],
        execute: [],
      },
    });
    expect((await inputOf('--egress', 'execute=ssh.example.org:22,tunnel'))['settings']).toEqual({ egress: { execute: [{ host: 'ssh.example.org', port: 22, tunnel: true }] } });
    await expect(inputOf('--egress', 'setup=a.example.org,fast')).rejects.toThrow(/host\[:port\]/);
    await expect(inputOf('--egress', 'deploy=a.example.org')).rejects.toThrow(/setup\|execute/);
  });

  it('read limits, and none lifts one', async () => {
    expect((await inputOf('--limit', 'tokens=5000', '--limit', 'costMicros=none'))['settings']).toEqual({ limits: { tokens: 5000, costMicros: null } });
    await expect(inputOf('--limit', 'tokens=many')).rejects.toThrow(/whole number/);
  });

  it('read rules from a file, and name one that cannot be read', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'countersign-flags-'));
    try {
      writeFileSync(join(dir, 'rules.md'), 'Tabs.');
      expect((await inputOf('--rules', join(dir, 'rules.md')))['settings']).toEqual({ rules: 'Tabs.' });
      await expect(inputOf('--rules', join(dir, 'missing'))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('keep an equals sign in a value', async () => {
    expect((await inputOf('--env', 'FLAGS=a=b'))['settings']).toEqual({ env: [{ name: 'FLAGS', value: 'a=b' }] });
  });
});
