import type { EgressPhase } from '@countersign/domain';

import type { BrokerRequest, EgressBrokers } from '../egress-brokers.js';
import type { EgressReport } from '../egress-log.js';

export type FakeEgressBrokers = EgressBrokers & {
  readonly opened: BrokerRequest[];
  /** In the order they were entered; `closed` at the end of each broker. */
  readonly phases: (EgressPhase | 'closed')[];
  readonly swept: number;
};

/** Brokers without a socket; each phase reports one allowed and one refused request. */
export function fakeEgressBrokers(): FakeEgressBrokers {
  const opened: BrokerRequest[] = [];
  const phases: FakeEgressBrokers['phases'] = [];
  let swept = 0;
  return {
    opened,
    phases,
    get swept() {
      return swept;
    },
    check: async () => undefined,
    async open(request) {
      if (request.settings.setup.length + request.settings.execute.length === 0) return undefined;
      opened.push(request);
      const entered: EgressPhase[] = [request.phase];
      phases.push(request.phase);
      request.tell('refused GET b.org:443/: no rule allows b.org:443');
      return {
        socket: `/fake/${opened.length}.sock`,
        caFile: `/fake/${opened.length}.pem`,
        async enter(phase) {
          entered.push(phase);
          phases.push(phase);
        },
        async close() {
          phases.push('closed');
          return entered.map(reportOf);
        },
      };
    },
    async sweep() {
      swept += 1;
      return 0;
    },
  };
}

function reportOf(phase: EgressPhase): EgressReport {
  return { phase, allowed: 1, refused: 1, tunnels: [], refusedHosts: ['b.org:443'], log: `${JSON.stringify({ phase, path: '/hunter2' })}\n` };
}
