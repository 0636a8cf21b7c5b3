import { Mark } from '../page/tone';
import type { RequestDetail } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { When } from '../time/when';

type Run = RequestDetail['egress'][number];

const PHASES: Readonly<Record<Run['phase'], string>> = { setup: 'While setting up', execute: 'While executing or testing' };

function Hosts({ title, hosts }: { readonly title: string; readonly hosts: readonly string[] }) {
  if (hosts.length === 0) return null;
  return (
    <div className="grid gap-1">
      <p className="text-14 font-medium">{title}</p>
      <ul className="grid gap-1 text-13">{hosts.map((host) => <li key={host}><code className="break-all"><Quoted>{host}</Quoted></code></li>)}</ul>
    </div>
  );
}

/** What sandboxes asked of the network. A tunnel is told apart: nobody read what went through it. */
export function NetworkRuns({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <ul className="grid gap-3" data-testid="network">
      {runs.map((run) => (
        <li key={`${run.phase}-${run.at}-${run.log.sha256}`} className="panel grid min-w-0 gap-2">
          <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1 text-14">
            <span className="font-medium">{PHASES[run.phase]}</span>
            <span className="tabular-nums">{run.allowed} allowed</span>
            {run.refused > 0 ? <Mark icon="cross" tone="refused">{run.refused} refused</Mark> : <span className="tabular-nums text-muted">none refused</span>}
            {run.tunnels.length > 0 ? <Mark icon="warning" tone="waiting">{run.tunnels.length} not inspected</Mark> : null}
            <span className="text-muted"><When at={run.at} /></span>
          </p>
          <Hosts title="Refused" hosts={run.refusedHosts} />
          <Hosts title="Tunnels, passed through without being inspected" hosts={run.tunnels} />
          <a className="link text-14" href={`/api/artifacts/${run.log.sha256}`} download>Download the log of every request</a>
        </li>
      ))}
    </ul>
  );
}
