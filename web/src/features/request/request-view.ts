import type { DocumentKind, RequestDocumentQuery, RequestPageQuery } from '../../graphql/generated/graphql';

export type RequestDetail = RequestPageQuery['request'];
export type Viewer = RequestPageQuery['me'];
export type GateView = RequestDetail['gates'][number];
export type DecisionView = GateView['decisions'][number];
export type DocumentView = RequestDocumentQuery['document'];

/** A subject document as it was fetched; `isGenuine` where its bytes hash to the digest that the gate shows. */
export type SubjectView = {
  readonly gate: GateView['name'];
  readonly revision: number;
  readonly digest: string;
  readonly text: string;
  readonly isGenuine: boolean;
};

export type Documents = { readonly [Kind in DocumentKind]?: DocumentView };

/** What a reader decides on: it is held still while they read, whatever the poller brings. */
export type Matter = {
  /** The gate that the subject belongs to, as it was when it was shown. */
  readonly gate: GateView | undefined;
  readonly subject: SubjectView | undefined;
  readonly documents: Documents;
  readonly checks: RequestDetail['checks'];
  readonly findings: RequestDetail['findings'];
  readonly modelReview: RequestDetail['modelReview'];
};

export function openGateOf(gates: readonly GateView[]): GateView | undefined {
  return gates.find(({ state, digest }) => state === 'open' && digest !== null && digest !== undefined);
}

/** The open gate, else the last one that has a subject. */
export function gateToShow(gates: readonly GateView[]): GateView | undefined {
  return openGateOf(gates) ?? [...gates].reverse().find(({ digest, setting }) => digest && setting !== 'off') ?? [...gates].reverse().find(({ digest }) => digest);
}
