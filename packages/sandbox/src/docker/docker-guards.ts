/** The empty network of a container of ours, or none. */
function networkOf(forwarder: string | undefined): string {
  return forwarder === undefined ? 'none' : `container:${forwarder}`;
}

/** What stands between a program inside and all that it could reach. The product runs with these and nothing else. */
export const DOCKER_GUARDS = { networkOf } as const;

export type DockerGuards = typeof DOCKER_GUARDS;
