import { ToolRefusal } from './tool-protocol.js';

/** The host has checked the shape against the tool's schema; what is checked here must hold in any case. */
export type Args = Readonly<Record<string, unknown>>;

function requireText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new ToolRefusal('INVALID_INPUT', `"${name}" must be text`);
  if (!value.isWellFormed() || value.includes('\0')) throw new ToolRefusal('INVALID_INPUT', `"${name}" is not valid text`);
  return value;
}

export function textArg(args: Args, name: string): string {
  return requireText(args[name], name);
}

export function textsArg(args: Args, name: string): readonly string[] {
  const value = args[name] ?? [];
  if (!Array.isArray(value)) throw new ToolRefusal('INVALID_INPUT', `"${name}" must be a list of texts`);
  return value.map((item) => requireText(item, name));
}

export function flagArg(args: Args, name: string): boolean {
  return args[name] === true;
}

export function numberArg<Default>(args: Args, name: string, otherwise: Default): number | Default {
  const value = args[name];
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.trunc(value)) : otherwise;
}
