'use client';

import '@git-diff-view/react/styles/diff-view-pure.css';

import { DiffModeEnum, DiffView } from '@git-diff-view/react';
import { Component, type ReactNode, useMemo, useSyncExternalStore } from 'react';

import { visible } from '../text/visible';
import { CodeBlock } from '../text/quoted';
import type { PatchFile } from './patch-files';

const DARK = '(prefers-color-scheme: dark)';

function useIsDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(DARK);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    () => matchMedia(DARK).matches,
    () => false,
  );
}

/** The library throws on patches that it cannot read; the patch itself can always be shown. */
class PlainOnError extends Component<{ readonly text: string; readonly children: ReactNode }, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { readonly isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <CodeBlock label="Patch">{this.props.text}</CodeBlock> : this.props.children;
  }
}

export function GitDiff({ file }: { readonly file: PatchFile }) {
  const isDark = useIsDark();
  // Made visible before the library sees it: it builds HTML of its own.
  const data = useMemo(() => {
    const name = visible(file.name);
    return { oldFile: { fileName: name }, newFile: { fileName: name }, hunks: [visibleLines(file.text)] };
  }, [file]);
  return (
    <PlainOnError text={file.text}>
      <DiffView data={data} diffViewMode={DiffModeEnum.Unified} diffViewTheme={isDark ? 'dark' : 'light'} diffViewHighlight={false} diffViewWrap diffViewFontSize={13} />
    </PlainOnError>
  );
}

function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
