import { NOW, script } from "@beatx/shared-redis";
import type { Script } from "@beatx/shared-redis";
import { CUT_VALUES, HOLDS_LOCK, READ_WORDS } from "./lua-values.js";

/** `readRevisionKey`: the number and the life in the revision's key; nothing if they cannot be read. */
const READ_REVISION_KEY = `${READ_WORDS}
local function readRevisionKey(key)
  local number, life = string.match(shortString(key) or '', '^(%d+)%.(%w+)$')
  if parseInteger(number) then return number, life end
end`;

/**
 * The three parts of a revision. The life, a random word made with the first key, changes if the data is wiped in between;
 * the server's run id changes if the data is rolled back in between (restart from an old snapshot, promoted replica). A
 * server that refuses writes cannot store a life; then every reading is a complete one.
 */
const READ_REVISION_FUNCTION = `${READ_REVISION_KEY}
local function readRevision()
  local number, life = readRevisionKey(KEYS[1])
  if not number then
    number, life = asText(now), ARGV[2]
    redis.pcall('SET', KEYS[1], number .. '.' .. life)
  end
  local run = 'unknown'
  if ARGV[1] == '1' then run = string.sub(string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'), 1, 16) end
  return number, life, run
end`;

/** KEYS revision; ARGV guard (1 or 0), life to begin. Answers the revision: `number.life.run`. */
export const GET_REVISION: Script = script(
  NOW,
  READ_REVISION_FUNCTION,
  `
return table.concat({readRevision()}, '.')`,
);

/**
 * KEYS revision, changes, removals, floor, definitions; ARGV guard, life to begin, since, limit.
 * Answers the revision, and the names that changed after `since`; no names if they may be incomplete or exceed the limit.
 */
export const BEGIN_READING: Script = script(
  NOW,
  CUT_VALUES,
  READ_REVISION_FUNCTION,
  `
local number, life, run = readRevision()
local revision = table.concat({number, life, run}, '.')
local since, sinceLife, sinceRun = string.match(ARGV[3], '^(%d+)%.(%w+)%.(%w+)$')
if not since or run == 'unknown' or sinceLife ~= life or sinceRun ~= run then return {revision} end
local floor = parseInteger(shortString(KEYS[4]) or '0')
if not floor then
  redis.pcall('SET', KEYS[4], number)
  return {revision}
end
local sinceNumber = parseInteger(since)
if not sinceNumber or sinceNumber > parseInteger(number) or sinceNumber < floor then return {revision} end
local changeCount = redis.call('ZCARD', KEYS[2])
if redis.call('HLEN', KEYS[5]) ~= changeCount then return {revision} end
local limit = tonumber(ARGV[4])
local names = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. since, '+inf', 'LIMIT', 0, limit + 1)
local removed = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. since, '+inf', 'LIMIT', 0, limit + 1)
if #names + #removed > limit then return {revision} end
for _, name in ipairs(removed) do names[#names + 1] = name end
for _, name in ipairs(names) do
  if cutName(name) ~= name then return {revision} end
end
return {revision, names}`,
);

/** Answers names, stored definitions, cursors, in the order of the names. */
export const READ_ENTRIES_FUNCTION: string = `${CUT_VALUES}
local function readEntries(names, definitions)
  local cursors = {}
  for first = 1, #names, 1000 do
    local some = redis.call('HMGET', KEYS[2], unpack(names, first, math.min(first + 999, #names)))
    for index = 1, #some do cursors[#cursors + 1] = cut(some[index]) end
  end
  for index = 1, #names do
    names[index] = cutName(names[index])
    definitions[index] = cutDefinition(definitions[index])
  end
  return names, definitions, cursors
end`;

/** KEYS definitions, cursors; ARGV scan position, size of the page. Answers the next position and the page. */
export const READ_PAGE: Script = script(
  READ_ENTRIES_FUNCTION,
  `
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local names, definitions = {}, {}
for at = 1, #page[2], 2 do
  names[#names + 1] = page[2][at]
  definitions[#definitions + 1] = page[2][at + 1]
end
return {page[1], readEntries(names, definitions)}`,
);

/** KEYS definitions, cursors; ARGV names. Answers them as a page without a position. */
export const READ_NAMED: Script = script(
  READ_ENTRIES_FUNCTION,
  `
return {readEntries(ARGV, redis.call('HMGET', KEYS[1], unpack(ARGV)))}`,
);

/** KEYS history; ARGV the fields of the slots. Answers the records. */
export const READ_RECORDS: Script = script(
  CUT_VALUES,
  `
local records = {}
local stored = redis.call('HMGET', KEYS[1], unpack(ARGV))
for index = 1, #ARGV do
  if stored[index] then records[#records + 1] = cut(stored[index]) end
end
return records`,
);

/**
 * KEYS lock, definitions, cursors, revision, changes, removals, floor, names, history;
 * ARGV lock value or nothing, life to begin, channel, removals to keep, then per change: name, '+' definition or '-',
 * '+' expected revision or '-'.
 * Answers LOST, or per change DONE revision | CONFLICT stored cursor.
 *
 * All changes of one script share one revision, so that revisions do not run ahead of the clock and a wiped store does
 * not hand one out again. A server out of memory refuses the first write, so all changes are made or none. Names that
 * cannot be written, because their key is of another type, keep nobody from editing: a listing finds it out. So do records
 * that cannot be removed. The slots of a name are filled in order, so the first empty one ends the search.
 */
export const SET_SCHEDULE: Script = script(
  NOW,
  HOLDS_LOCK,
  READ_REVISION_KEY,
  CUT_VALUES,
  `
if ARGV[1] ~= '' and not holdsLock(ARGV[1]) then return 'LOST' end

local stored, life = readRevisionKey(KEYS[4])
local revision
local function raiseRevision()
  if revision then return end
  revision = asText(math.max((parseInteger(stored) or 0) + 1, now))
  redis.call('SET', KEYS[4], revision .. '.' .. (life or ARGV[2]))
end

local function revisionOf(text)
  return text and '+' .. string.sub(text, 1, revisionLength(text)) or '-'
end

local results = {}
for at = 5, #ARGV, 3 do
  local name, definition = ARGV[at], ARGV[at + 1]
  local current = redis.call('HGET', KEYS[2], name)
  if revisionOf(current) ~= ARGV[at + 2] then
    results[#results + 1] = {'CONFLICT', cutDefinition(current), cut(redis.call('HGET', KEYS[3], name))}
  else
    raiseRevision()
    if definition == '-' then
      redis.call('ZADD', KEYS[6], revision, name)
      redis.call('ZREM', KEYS[5], name)
      redis.call('HDEL', KEYS[2], name)
      redis.call('HDEL', KEYS[3], name)
      redis.pcall('ZREM', KEYS[8], name)
      local slot = 0
      while redis.pcall('HDEL', KEYS[9], slot .. ':' .. name) == 1 do slot = slot + 1 end
    else
      redis.call('HSET', KEYS[2], name, revision .. '\\n' .. string.sub(definition, 2))
      redis.call('ZADD', KEYS[5], revision, name)
      redis.call('ZREM', KEYS[6], name)
      redis.pcall('ZADD', KEYS[8], 0, name)
    end
    results[#results + 1] = {'DONE', revision}
  end
end

if revision then
  local surplus = redis.call('ZCARD', KEYS[6]) - ARGV[4]
  if surplus > 0 then
    local dropped = redis.call('ZPOPMIN', KEYS[6], surplus)
    redis.call('SET', KEYS[7], dropped[#dropped])
  end
  redis.pcall('PUBLISH', ARGV[3], 'definitions')
end
return results`,
);
