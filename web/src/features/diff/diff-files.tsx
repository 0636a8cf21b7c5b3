'use client';

import dynamic from 'next/dynamic';
import { useMemo, useState } from 'react';

import type { DocumentView } from '../request/request-view';
import { HiddenNote } from '../text/hidden-note';
import { CodeBlock, FileName } from '../text/quoted';
import { filesOfPatch, type PatchFile } from './patch-files';

/** Only in the browser: it measures text. */
const GitDiff = dynamic(() => import('./git-diff').then((module) => module.GitDiff), { ssr: false, loading: () => <p className="p-3 text-13 text-muted">Loading…</p> });

const OPEN_LINES = 400;
const OPEN_FILES = 5;
const MAX_VIEW_LINES = 3000;

function FileDiff({ file }: { readonly file: PatchFile }) {
  const lines = file.additions + file.deletions;
  const hasHunks = file.text.includes('\n@@ ');
  if (!hasHunks || lines > MAX_VIEW_LINES) return <CodeBlock label={`Patch of ${file.name}`}>{file.text}</CodeBlock>;
  return <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Changed lines of ${file.name}`}><GitDiff file={file} /></div>;
}

function FileItem({ file, isOpen, onToggle }: { readonly file: PatchFile; readonly isOpen: boolean; readonly onToggle: (isOpen: boolean) => void }) {
  return (
    <li className="min-w-0 rounded-6 border border-line bg-surface" data-testid="diff-file" data-path={file.name}>
      <details open={isOpen} onToggle={(event) => onToggle(event.currentTarget.open)}>
        <summary className="flex flex-wrap items-baseline gap-x-3 px-3 py-2 text-14">
          <code className="min-w-0"><FileName>{file.name}</FileName></code>
          <span className={`text-13 ${file.change === 'deleted' ? 'text-refused' : 'text-muted'}`}>{file.change}</span>
          <span className="text-13 text-muted tabular-nums">{file.additions} added, {file.deletions} removed</span>
          <HiddenNote text={file.text} />
        </summary>
        {isOpen ? <div className="border-t border-line"><FileDiff file={file} /></div> : null}
      </details>
    </li>
  );
}

/** Which files are unfolded: by place, as two parts of a patch may name the same file. */
function useUnfolded(count: number, isSmall: boolean) {
  const all = (): ReadonlySet<number> => new Set(Array.from({ length: count }, (_, index) => index));
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(() => (isSmall ? all() : new Set()));
  const toggle = (index: number, isOpen: boolean): void =>
    setUnfolded((before) => {
      if (before.has(index) === isOpen) return before;
      const next = new Set(before);
      if (isOpen) next.add(index);
      else next.delete(index);
      return next;
    });
  return { unfolded, toggle, unfoldAll: () => setUnfolded(all()) };
}

/** Files open one by one: a large change is never laid out as a whole unless somebody asks for it. */
export function DiffFiles({ document }: { readonly document: DocumentView }) {
  const { text, truncated, artifact } = document;
  const files = useMemo(() => filesOfPatch(text), [text]);
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  const { unfolded, toggle, unfoldAll } = useUnfolded(files.length, files.length <= OPEN_FILES && additions + deletions <= OPEN_LINES);
  const folded = files.length - unfolded.size;
  return (
    <div className="grid min-w-0 gap-3" data-testid="diff">
      <p className="flex flex-wrap gap-x-4 text-14">
        <span>{files.length} {files.length === 1 ? 'file' : 'files'}, {additions} {additions === 1 ? 'line' : 'lines'} added, {deletions} removed</span>
        {truncated ? <strong className="text-waiting">Only the beginning is shown: download the whole patch before you decide.</strong> : null}
        {artifact ? <a className="link" href={`/api/artifacts/${artifact.sha256}`} download>Download the patch</a> : null}
        {folded > 0 ? <span className="text-waiting" data-testid="folded">{folded} of them folded. <button type="button" className="link" onClick={unfoldAll}>Unfold all</button></span> : null}
      </p>
      {files.length === 0 && text ? <CodeBlock label="Patch">{text}</CodeBlock> : null}
      <ul className="grid min-w-0 gap-2">{files.map((file, index) => <FileItem key={`${index} ${file.name}`} file={file} isOpen={unfolded.has(index)} onToggle={(isOpen) => toggle(index, isOpen)} />)}</ul>
    </div>
  );
}
