/** Who calls, as far as a token can say. What they may do is asked of services/projects, never of the token. */
export type PersonCaller = {
  readonly kind: 'person';
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  readonly acr?: string;
  readonly amr: readonly string[];
  /** Seconds since 1970. */
  readonly authTime?: number;
  /** The verified token itself, to pass on to the next service. */
  readonly token: string;
};

export type ServiceCaller = { readonly kind: 'service'; readonly name: string };

export type Caller = PersonCaller | ServiceCaller;
