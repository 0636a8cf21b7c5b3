import type { ReactNode } from 'react';

import { CodeBlock } from './quoted';
import { Revealed } from './revealed';
import { withoutReturns } from './visible';

type Block =
  | { readonly kind: 'heading' | 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; /** What stands behind the fence. */ readonly info: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly ordered: boolean };

const ITEM = /^\s*(?:[-*]|\d+\.)\s+(?!\s)(.*)$/;

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, fence, info = ''] = /^\s*(`{3,}(?!`)|~{3,}(?!~))(.*)$/.exec(line) ?? [];
    if (fence) {
      const end = lines.findIndex((other, index) => index > at && other.trim() === fence);
      const last = end === -1 ? lines.length : end;
      blocks.push({ kind: 'code', text: lines.slice(at + 1, last).join('\n'), info: info.trim() });
      at = last;
      continue;
    }
    const item = ITEM.exec(line)?.[1];
    const previous = blocks.at(-1);
    if (line.trim() === '') blocks.push({ kind: 'text', text: '' });
    else if (/^#{1,6}\s/.test(line)) blocks.push({ kind: 'heading', text: line.replace(/^#+\s+/, '') });
    else if (item !== undefined) {
      const ordered = /^\s*\d/.test(line);
      if (previous?.kind === 'list' && previous.ordered === ordered) blocks[blocks.length - 1] = { ...previous, items: [...previous.items, item] };
      else blocks.push({ kind: 'list', items: [item], ordered });
    } else if (previous?.kind === 'text' && previous.text) blocks[blocks.length - 1] = { kind: 'text', text: `${previous.text}\n${line}` };
    else blocks.push({ kind: 'text', text: line });
  }
  return blocks.filter((block) => block.kind !== 'text' || block.text !== '');
}

/** Code spans and bold only: links stay text, so that nothing written by others can be followed by accident. */
function inline(text: string): ReactNode[] {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((part, index) => {
      if (part.length > 2 && part.startsWith('`')) return <code key={index} className="text-[0.9em]"><Revealed>{part.slice(1, -1)}</Revealed></code>;
      if (part.length > 4 && part.startsWith('**')) return <strong key={index}><Revealed>{part.slice(2, -2)}</Revealed></strong>;
      return <Revealed key={index}>{part}</Revealed>;
    });
}

function ProseBlock({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case 'heading':
      return <h4 className="font-semibold">{inline(block.text)}</h4>;
    case 'code':
      return (
        <div className="grid gap-1">
          {block.info ? <p className="text-13 text-muted"><Revealed>{block.info}</Revealed></p> : null}
          <CodeBlock label="Code">{block.text}</CodeBlock>
        </div>
      );
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List className={`${block.ordered ? 'list-decimal' : 'list-disc'} pl-6`}>
          {block.items.map((item, index) => (
            <li key={index}>{inline(item)}</li>
          ))}
        </List>
      );
    }
    case 'text':
      return <p className="wrap-text">{inline(block.text)}</p>;
  }
}

/** The little Markdown that our own services write; everything else in it is shown as it is, never as HTML. */
export function Prose({ children }: { readonly children: string }) {
  return (
    <div className="grid gap-2 text-14 [overflow-wrap:anywhere]">
      {blocksOf(withoutReturns(children)).map((block, index) => (
        <ProseBlock key={index} block={block} />
      ))}
    </div>
  );
}
