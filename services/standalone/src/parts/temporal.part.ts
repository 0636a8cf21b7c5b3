import { accepts, temporalServer, type Part, type PartInfo } from '@countersign/parts';

import { ChildSlot, childHooks, type PartContext } from './part-context.js';

export type TemporalPartOptions = {
  /** TEMPORAL_ADDRESS: an own server, used as it is. */
  readonly address?: string | undefined;
  readonly port: number;
  readonly portSetting: string;
  readonly uiPort: number;
  readonly uiPortSetting: string;
  /** What scripts/provision-temporal.mjs answered; not needed with an `address`. */
  readonly place?: { readonly version: string; readonly where: string } | undefined;
};

export class TemporalPart implements Part {
  readonly name = 'temporal';
  private readonly child: ChildSlot;

  constructor(
    private readonly context: PartContext,
    private readonly options: TemporalPartOptions,
  ) {
    this.child = new ChildSlot(context);
  }

  get address(): string {
    return this.options.address ?? `127.0.0.1:${this.options.port}`;
  }

  /** Undefined with an own server: nobody told where its UI is. */
  get uiUrl(): string | undefined {
    return this.options.address ? undefined : `http://127.0.0.1:${this.options.uiPort}`;
  }

  async start(): Promise<PartInfo> {
    const { address, place, port, portSetting, uiPort, uiPortSetting } = this.options;
    if (address) return this.useExternal(address);
    if (!place) throw new Error('TemporalPart needs an address or a place.');

    const dbFile = this.context.folder.file('temporal', 'temporal.db');
    await this.child.start(async () => {
      const server = await temporalServer({
        ...childHooks(this.context, this.name),
        cli: place.where,
        port,
        portSetting,
        ui: { port: uiPort, portSetting: uiPortSetting },
        dbFile,
      });
      return server.process;
    });
    return { name: this.name, ok: true, version: place.version, where: place.where, data: dbFile };
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  private async useExternal(address: string): Promise<PartInfo> {
    const { hostname, port } = new URL(`tcp://${address}`);
    const ok = await accepts(hostname, Number(port || 7233));
    const fix = `Start the Temporal server at ${address}, or unset TEMPORAL_ADDRESS.`;
    return { name: this.name, ok, version: 'as given', where: address, ...(!ok && { fix }) };
  }
}
