export { AddressRange } from './values/address-range';
export { Allowlist, type AllowlistEntry } from './values/allowlist';
export { AppSource, type DirectoryOptions, type RegistryCredentials } from './app-source';
export type { Audit } from './values/allowlist';
export { Application, type ApplicationProps, type UseForwardOptions, type UseProxyOptions } from './application';
export { EgressChecks } from './egress-checks';
export { Connections, type IApplication, NetworkPolicy, type NetworkPolicyProps } from './connections';
export { Destination } from './values/destination';
export { DestinationSets } from './destination-sets';
export { Egress, type Target } from './values/egress';
export {
  type ClientGrant,
  EgressProxy,
  type EgressProxyLookup,
  type EgressProxyProps,
  type IEgressProxy,
} from './egress-proxy';
export type { ApplicationLookup } from './existing-application';
export { HealthCheck, type HealthCheckTimes } from './values/health-check';
export { OwnedApplication, type OwnedApplicationProps } from './owned-application';
export { Port } from './values/port';
export { type ProxyParts, ProxyVariables } from './values/proxy-variables';
export type { ProxyBuildpackOptions } from './app-source';
export type { ClientAccess, CredentialVersions, ProxyCredentials } from './proxy-clients';
export { InternalRoute, Route, type RouteProps } from './route';
export { S3, type S3Credentials } from './s3';
export { type IService, Service, ServiceKind, type ServiceProps } from './service';
export {
  type HostOfService,
  type ITellsHosts,
  ServiceDestination,
  type ServiceHost,
} from './values/service-destination';
export { EgressSpace, type EgressSpaceProps, type ISpace, type SpaceLookup, type SpaceProps } from './space';
export { type ITcpForward, TcpForward, type TcpForwardLookup, type TcpForwardProps } from './tcp-forward';
