/** One line of `doctor`. `where` is a program's path, else an address. */
export type PartView = {
  readonly name: string;
  readonly ok: boolean;
  readonly version: string;
  readonly where: string;
  /** What to type; only where it is not ok. */
  readonly fix?: string;
  /** What is to know of it although it is ok. */
  readonly note?: string;
};

export const START = 'npm start';

export function good(name: string, version: string, where: string): PartView {
  return { name, ok: true, version, where };
}

export function bad(name: string, where: string, fix: string, version = ''): PartView {
  return { name, ok: false, version, where, fix };
}
