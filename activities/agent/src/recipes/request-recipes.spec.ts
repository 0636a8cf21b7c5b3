import { describe, expect, it } from '@jest/globals';

import { formatRecipe } from './recipe.js';
import { understandFeedback, understandRequest, type Understanding } from './request-recipes.js';

const request = (title: string, body = '', feedback: readonly string[] = []): Understanding => understandRequest({ title, body, feedback });

function steps(read: Understanding): readonly string[] {
  return read.kind === 'understood' ? read.recipes.map(formatRecipe) : [read.message];
}

describe('understandRequest', () => {
  it('takes a title that says the same as the body as its heading', () => {
    expect(steps(request('Rename a to b', 'rename a to b'))).toEqual(['rename a to b']);
  });

  it('takes a prose title, and one that only looks like a recipe, as a heading where the body says what to do', () => {
    expect(steps(request('Tidy up names', 'rename a to b\nrename c to d'))).toEqual(['rename a to b', 'rename c to d']);
    expect(steps(request('Rename things', 'rename a to b'))).toEqual(['rename a to b']);
  });

  it('puts a recipe in the title before those of the body', () => {
    expect(steps(request('rename a to b', 'delete file x'))).toEqual(['rename a to b', 'delete file x']);
  });

  it('reads prose below a recipe title as description and says so', () => {
    expect(request('rename a to b', 'Because a is a bad name.')).toMatchObject({ kind: 'understood', leftOut: ['Because a is a bad name.'] });
  });

  it('takes the content of a title that adds a file from the body', () => {
    expect(steps(request('add file x', '```\nhi\n```'))).toEqual(['add file x\n```\nhi\n```']);
    expect(steps(request('add file x', '```\nhi\n```\ndelete file y'))).toHaveLength(2);
  });

  it('refuses prose among recipes, and lists what it did and did not understand', () => {
    const read = request('Clean', 'rename a to b\nand make it fast\nrename a b');
    expect(read).toMatchObject({ kind: 'notUnderstood', understood: ['rename a to b'] });
    expect(steps(read)[0]).toMatch(/Understood: “rename a to b”.*Not understood: “and make it fast”; “rename a b” \("to" is missing.*rename <identifier> to/s);
  });

  it('refuses a request without any recipe', () => {
    expect(request('Make it faster', '')).toMatchObject({ kind: 'notUnderstood', understood: [] });
    expect(request('Rename stuff', 'soon')).toMatchObject({ kind: 'notUnderstood' });
  });

  it('refuses more steps than a plan holds', () => {
    expect(request('many', Array.from({ length: 201 }, (_, n) => `rename a${n} to b${n}`).join('\n')).kind).toBe('notUnderstood');
  });

  it('adds the recipes of feedback once, and refuses feedback that has none', () => {
    expect(steps(request('rename a to b', '', ['Please also:\nrename c to d\nrename a to b']))).toEqual(['rename a to b', 'rename c to d']);
    expect(request('rename a to b', '', ['I do not like it'])).toMatchObject({ kind: 'notUnderstood' });
  });
});

describe('understandFeedback', () => {
  it('does not take a line of a log as a change', () => {
    expect(understandFeedback(['FAIL test\ndelete file src/a.ts\nexit code 1']).kind).toBe('notUnderstood');
    expect(steps(understandFeedback(['rename c to d']))).toEqual(['rename c to d']);
  });
});
