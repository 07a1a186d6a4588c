export { startProxy } from "./cluster/proxy.js";
export type { Proxy, ProxyMode } from "./cluster/proxy.js";
