import { NOW, script } from "@beatx/shared-redis";
import type { Script } from "@beatx/shared-redis";
import { CUT_VALUES, HOLDS_LOCK } from "./lua-values.js";

/**
 * R20 for a batch of moves, in one step.
 *
 * KEYS lock, cursors, definitions, changes, then the queues;
 * ARGV lock value, how early ms, own database, number of queues, number of moves, one digit per move, the database of each
 * queue, the name of each move, then per move: from, to, definition revision, due at; then per move: number of writes, and
 * for each the queue's number and the value. A move's digit says which of its values are null: 1 from, 2 the revision, 3
 * both.
 *
 * Answers LOST, or per move: 0 done, 1 changed, 2 early, {cursor} moved, {queue's number, its type} refused.
 *
 * All reads and checks come before the first write, because a script that fails half-way keeps what it has written. The
 * definition's revision is first compared with the score in changes, a number, not with the definition, a text of some
 * hundred bytes. If they differ, the definition is compared. The loop builds no strings, because it takes most of the
 * script's time.
 */
export const ADVANCE: Script = script(
  NOW,
  HOLDS_LOCK,
  CUT_VALUES,
  `
if not holdsLock(ARGV[1]) then return 'LOST' end

local latest = now + ARGV[2]
local ownDatabase, queueCount, moveCount, digits = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local lastDatabase = 6 + queueCount
local lastName = lastDatabase + moveCount
local CHUNK = 5000 -- values in one command: unpack cannot take many more

local selected = ownDatabase
local function use(database)
  if database == selected then return end
  redis.call('SELECT', database)
  selected = database
end

local pushes, wrongTypes = {}, {}
for queue = 1, queueCount do
  use(ARGV[6 + queue])
  local kind = redis.call('TYPE', KEYS[4 + queue]).ok
  if kind ~= 'none' and kind ~= 'list' then wrongTypes[tostring(queue)] = kind end
  pushes[tostring(queue)] = {}
end
use(ownDatabase)

local cursors = redis.call('HMGET', KEYS[2], unpack(ARGV, lastDatabase + 1, lastName))
local revisions = redis.call('ZMSCORE', KEYS[4], unpack(ARGV, lastDatabase + 1, lastName))
local moved, writes, results = {}, {}, {}

local function hasRevision(name, revision, isAny)
  local text = redis.call('HGET', KEYS[3], name)
  return text and (isAny or string.sub(text, 1, #revision + 1) == revision .. '\\n')
end

local function findWrongQueue(firstWrite, lastWrite)
  for at = firstWrite, lastWrite, 2 do
    if wrongTypes[ARGV[at]] then return ARGV[at] end
  end
end

local at, write = lastName, lastName + 4 * moveCount + 1
for index = 1, moveCount do
  local name, digit = ARGV[lastDatabase + index], string.byte(digits, index) - 48
  local isNew, isAny = digit % 2 == 1, digit >= 2
  local from, revision = ARGV[at + 1], ARGV[at + 3]
  local firstWrite, lastWrite = write + 1, write + 2 * ARGV[write]
  local cursor = moved[name] or cursors[index]
  local score = revisions[index]

  if isNew and cursor or not isNew and cursor ~= from then
    results[index] = {cut(cursor)}
  elseif not (score and (isAny or score == revision)) and not hasRevision(name, revision, isAny) then
    results[index] = 1
  elseif tonumber(ARGV[at + 4]) > latest then
    results[index] = 2
  elseif next(wrongTypes) and findWrongQueue(firstWrite, lastWrite) then
    local queue = findWrongQueue(firstWrite, lastWrite)
    results[index] = {queue, wrongTypes[queue]}
  else
    for argument = firstWrite, lastWrite, 2 do
      local values = pushes[ARGV[argument]]
      values[#values + 1] = ARGV[argument + 1]
    end
    moved[name] = ARGV[at + 2]
    writes[#writes + 1] = name
    writes[#writes + 1] = ARGV[at + 2]
    results[index] = 0
  end
  at, write = at + 4, lastWrite + 1
end

for queue = 1, queueCount do
  local values = pushes[tostring(queue)]
  for first = 1, #values, CHUNK do
    use(ARGV[6 + queue])
    redis.call('LPUSH', KEYS[4 + queue], unpack(values, first, math.min(first + CHUNK - 1, #values)))
  end
end
use(ownDatabase)
for first = 1, #writes, CHUNK do
  redis.call('HSET', KEYS[2], unpack(writes, first, math.min(first + CHUNK - 1, #writes)))
end
return results`,
);

/** KEYS mark; ARGV its database, own database, value. Answers 1 when the mark is there. */
export const FIND_MARK: Script = script(
  `
if ARGV[1] ~= ARGV[2] then redis.call('SELECT', ARGV[1]) end
return redis.call('GET', KEYS[1]) == ARGV[3] and 1 or 0`,
);
