export { soak } from "./soak/soak.js";
