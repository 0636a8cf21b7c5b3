import { Fragment } from 'react';

import { hiddenWords, piecesOf } from './hidden';
import { shownAs } from './visible';

/** Text that is not ours, with what would not be seen in it shown and marked, so that a mark cannot be forged by text. */
export function Revealed({ children }: { readonly children: string }) {
  const pieces = piecesOf(children);
  return (
    <>
      {pieces.map((piece, index) =>
        piece.kind ? (
          <span key={index} className="revealed" title={hiddenWords({ [piece.kind]: 1 }).join('')} data-hidden={piece.kind}>{shownAs(piece)}</span>
        ) : (
          <Fragment key={index}>{piece.text}</Fragment>
        ),
      )}
    </>
  );
}
