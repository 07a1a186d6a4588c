export { holidays, holidaysType } from "./holidays.js";
export { holidaysType as calendarType } from "./holidays.js";
