import { type Script, script } from "@beatx/shared-redis";
import { READ_ENTRIES_FUNCTION } from "./schedule-scripts.js";

/**
 * KEYS definitions, cursors, names; ARGV beginning of the range, prefix, number of names, number of names to leave out
 * before them, whether to compare the index with the definitions (1 or 0).
 * Answers the page as names, definitions, cursors; nothing if the index does not fit the definitions. No byte of a text in
 * UTF-8 is 255, so it ends the range of a prefix.
 */
export const READ_NAMES: Script = script(
  READ_ENTRIES_FUNCTION,
  `
if ARGV[5] == '1' then
  if redis.call('ZCARD', KEYS[3]) ~= redis.call('HLEN', KEYS[1]) then return false end
  if #redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '(0', 'LIMIT', 0, 1) > 0 then return false end
  if #redis.call('ZRANGEBYSCORE', KEYS[3], '(0', '+inf', 'LIMIT', 0, 1) > 0 then return false end
end
local names = redis.call('ZRANGEBYLEX', KEYS[3], ARGV[1], '(' .. ARGV[2] .. '\\255', 'LIMIT', ARGV[4], ARGV[3])
if #names == 0 then return {{}, {}, {}} end
local definitions = redis.call('HMGET', KEYS[1], unpack(names))
for index = 1, #names do
  if ARGV[5] == '1' and not definitions[index] then return false end
end
return {readEntries(names, definitions)}`,
);

/** KEYS definitions, names; ARGV scan position, size of the page. Adds the names of a page; answers the next position. */
export const ADD_NAMES: Script = script(`
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
for at = 1, #page[2], 2 do redis.call('ZADD', KEYS[2], 0, page[2][at]) end
return page[1]`);

/**
 * KEYS definitions, names; ARGV beginning of a range, number of names. Removes those without a definition or with another
 * score than 0; answers the last name that it looked at, nothing at the end.
 */
export const DROP_NAMES: Script = script(`
for _, range in ipairs({{'-inf', '(0'}, {'(0', '+inf'}}) do
  local foreign = redis.call('ZRANGEBYSCORE', KEYS[2], range[1], range[2], 'LIMIT', 0, ARGV[2])
  for _, name in ipairs(foreign) do redis.call('ZREM', KEYS[2], name) end
end
local names = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], '+', 'LIMIT', 0, ARGV[2])
for _, name in ipairs(names) do
  if not redis.call('HGET', KEYS[1], name) then redis.call('ZREM', KEYS[2], name) end
end
return names[tonumber(ARGV[2])] or false`);
