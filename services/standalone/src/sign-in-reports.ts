import { projectsRpc } from '@countersign/contracts';
import { type Logger, RpcClient, rpcWithServiceToken, type ServiceRpc, type ServiceTokens } from '@countersign/platform';

export type SignInReportsDeps = {
  readonly projects: { readonly host: string; readonly port: number };
  readonly tokens: Pick<ServiceTokens, 'issue'>;
  readonly issuer: string;
};

/** Tells services/projects, which starts after the issuer, whose sign-in was refused. Nobody who signs in waits for it. */
export class SignInReports {
  private to: { readonly rpc: ServiceRpc<typeof projectsRpc>; readonly issuer: string; readonly client: RpcClient<typeof projectsRpc> } | undefined;

  constructor(private readonly logger: Logger) {}

  connect({ projects, tokens, issuer }: SignInReportsDeps): void {
    const client = new RpcClient(projectsRpc, projects);
    this.to = { client, issuer, rpc: rpcWithServiceToken(client, tokens, 'projects') };
  }

  refused(subject: string): void {
    const { to, logger } = this;
    if (!to) return;
    to.rpc.call('people.signInRefused', { issuer: to.issuer, subject, method: 'password' }).catch((error: unknown) => {
      logger.warn({ err: error, person: subject }, 'a refused sign-in could not be recorded');
    });
  }

  close(): void {
    this.to?.client.close();
  }
}
