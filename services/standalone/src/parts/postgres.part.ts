import { accepts, postgresServer, type OsUser, type Part, type PartInfo } from '@countersign/parts';

import { ChildSlot, childHooks, type PartContext } from './part-context.js';


export type PostgresPartOptions = {
  /** DATABASE_URL: an own Postgres, used as it is. */
  readonly databaseUrl?: string | undefined;
  readonly port: number;
  readonly portSetting: string;
  /** What scripts/provision-postgres.mjs answered; not needed with a `databaseUrl`. */
  readonly place?: PostgresPlace | undefined;
};

export type PostgresPlace = {
  readonly version: string;
  /** The program's path, for `doctor`. */
  readonly where: string;
  readonly binDir: string;
  readonly dataDir: string;
  readonly runAs?: OsUser;
};

export class PostgresPart implements Part {
  readonly name = 'postgres';
  private readonly child: ChildSlot;
  private superuserUrl: string | undefined;

  constructor(
    private readonly context: PartContext,
    private readonly options: PostgresPartOptions,
  ) {
    this.child = new ChildSlot(context);
  }

  /** Of the superuser: for migrations and the roles of the services. Known once started. */
  get url(): string {
    if (!this.superuserUrl) throw new Error('Postgres has not been started.');
    return this.superuserUrl;
  }

  /** Where it listens; carries no password. */
  get address(): string {
    const { hostname, port } = new URL(this.url);
    return `${hostname}:${port || 5432}`;
  }

  async start(): Promise<PartInfo> {
    const { databaseUrl, place, port, portSetting } = this.options;
    if (databaseUrl) return this.useExternal(databaseUrl);
    if (!place) throw new Error('PostgresPart needs a databaseUrl or a place.');

    const { folder } = this.context;
    await this.child.start(async () => {
      const server = await postgresServer({
        ...childHooks(this.context, this.name),
        binDir: place.binDir,
        dataDir: place.dataDir,
        ...(place.runAs && { runAs: place.runAs }),
        port,
        portSetting,
        owner: folder.instanceId,
        passwordFile: folder.file('secrets', 'postgres-password'),
        fsync: true,
      });
      this.superuserUrl = server.url;
      return server.process;
    });
    const { version, where, dataDir } = place;
    return { name: this.name, ok: true, version, where, data: dataDir };
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  private async useExternal(databaseUrl: string): Promise<PartInfo> {
    this.superuserUrl = databaseUrl;
    const { hostname, port, pathname } = new URL(databaseUrl);
    const where = `${hostname}:${port || 5432}${pathname}`;
    const ok = await accepts(hostname, Number(port || 5432));
    const fix = `Start the Postgres that DATABASE_URL names (${where}), or unset DATABASE_URL.`;
    return { name: this.name, ok, version: 'as given', where, ...(!ok && { fix }) };
  }
}
