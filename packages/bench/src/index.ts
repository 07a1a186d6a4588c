export { bench } from "./bench.js";
export type { RowFigures, TargetFigures, WorkFigures } from "./figures/work-figures.js";
export { worksOf } from "./works/index.js";
export type { Work, WorkCell } from "./works/work.js";
