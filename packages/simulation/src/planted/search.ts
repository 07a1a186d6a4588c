/**
 * Runs seeds until one breaks a promise. A process of its own, because it runs patched code.
 *
 *     node search.js '{"seeds":40,"world":{"store":"memcached"}}'
 *
 * Prints the finding as JSON, or `null`.
 */

import { findViolation, type Search } from "./find-violation.js";

const found = await findViolation(JSON.parse(process.argv[2]!) as Search);
process.stdout.write(JSON.stringify(found), () => process.exit(0));
