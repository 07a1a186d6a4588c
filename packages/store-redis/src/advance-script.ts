import { NOW, script } from "@beatx/shared-redis";
import type { Script } from "@beatx/shared-redis";
import { CUT_VALUES, HOLDS_LOCK } from "./lua-values.js";

/**
 * R20 for a batch of moves, in one step.
 *
 * KEYS lock, cursors, definitions, changes, history, then the queues, and the keys that hold messages up (R52);
 * ARGV lock value, how early ms, own database, number of queues, number of moves, one digit per move, the latest instant of
 * all, the instant of each, the number of writes of each, the queue's number of each write, the slot of each record, the number
 * of keys that hold messages up; then the database of each queue and of each such key, and a packed list: name and new cursor of each move, the cursor it was made from, the definition's revision, the values
 * of all writes, and the texts of records that have their own. If messages may be held up, another packed list: number of the
 * move and of the key, value and lifetime of each. The lists of numbers are texts. One number of writes, or slot,
 * stands for all. A move's digit, a character from 0 on, is a sum: 1 if the cursor is null, 2 if the revision is, 4 if the move
 * has a record, 8 more if that has a text of its own.
 *
 * Answers LOST, DONE if all moves were made, or per move: 0 done, 1 changed, 2 early, 3 held, {cursor} moved, {queue's number, its
 * type} refused.
 *
 * All reads and checks come before the first write, because a script that fails half-way keeps what it has written. The
 * definition's revision is first compared with the score in changes, a number, not with the definition, a text of some
 * hundred bytes. If they differ, the definition is compared. The list is passed on as it stands if no move is refused: to
 * put its texts into another table takes much of the script's time. Records come last, and one that is refused is left out
 * (R48): the history's key may be of another type.
 */
export const ADVANCE: Script = script(
  NOW,
  HOLDS_LOCK,
  CUT_VALUES,
  `
if not holdsLock(ARGV[1]) then return 'LOST' end

local function numbersIn(text)
  local numbers = {}
  for number in string.gmatch(text, '%S+') do numbers[#numbers + 1] = tonumber(number) end
  return numbers
end

local latest = now + ARGV[2]
local ownDatabase, queueCount, moveCount, digits = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local dueAts = tonumber(ARGV[7]) > latest and numbersIn(ARGV[8])
local writeCounts = numbersIn(ARGV[9])
local queueOf = queueCount > 1 and numbersIn(ARGV[10])
local slots = numbersIn(ARGV[11])
local holdCount = tonumber(ARGV[12])
local databases = 12
local texts = cmsgpack.unpack(ARGV[databases + queueCount + holdCount + 1])
-- Where each part of the list ends and the next one begins.
local froms = 2 * moveCount
local revisions = froms + moveCount
local values = revisions + moveCount
local CHUNK = 5000 -- values in one command: unpack cannot take many more

local selected = ownDatabase
local function use(database)
  if database == selected then return end
  redis.call('SELECT', database)
  selected = database
end

-- Each command by its name: the line of a refused one tells which right is missing.
local function push(key, list, first, last)
  for at = first, last, CHUNK do redis.call('LPUSH', key, unpack(list, at, math.min(at + CHUNK - 1, last))) end
end
local function save(list, first, last)
  for at = first, last, CHUNK do redis.call('HSET', KEYS[2], unpack(list, at, math.min(at + CHUNK - 1, last))) end
end


local wrongTypes = {}
for queue = 1, queueCount do
  use(ARGV[databases + queue])
  local kind = redis.call('TYPE', KEYS[5 + queue]).ok
  if kind ~= 'none' and kind ~= 'list' then wrongTypes[queue] = kind end
end
-- By number: who holds the key, and what it is set to. By move: its conditions.
local holders, holds, conditions = {}, {}, {}
for number = 1, holdCount do
  use(ARGV[databases + queueCount + number])
  local key = KEYS[5 + queueCount + number]
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' then holders[number] = redis.call('GET', key)
  elseif kind ~= 'none' then wrongTypes[queueCount + number] = kind end
end
use(ownDatabase)
local list = holdCount > 0 and cmsgpack.unpack(ARGV[databases + queueCount + holdCount + 2]) or {}
for at = 1, #list, 4 do
  local index = tonumber(list[at])
  local ofMove = conditions[index] or {}
  conditions[index] = ofMove
  ofMove[#ofMove + 1] = {number = tonumber(list[at + 1]), value = list[at + 2], ttl = list[at + 3]}
end

-- Why the conditions do not hold; nil: they do, and from now on this move holds the keys.
local function findHold(index)
  for _, condition in ipairs(conditions[index] or {}) do
    local wrong = wrongTypes[queueCount + condition.number]
    if wrong then return {tostring(queueCount + condition.number), wrong} end
    local holder = holders[condition.number]
    if holder and holder ~= condition.value then return 3 end
  end
  for _, condition in ipairs(conditions[index] or {}) do
    holders[condition.number] = condition.value
    holds[condition.number] = condition
  end
end

local names = {}
for index = 1, moveCount do names[index] = texts[2 * index - 1] end
local cursors = redis.call('HMGET', KEYS[2], unpack(names))
local scores = redis.call('ZMSCORE', KEYS[4], unpack(names))

local function hasRevision(name, revision, isAny)
  local text = redis.call('HGET', KEYS[3], name)
  return text and (isAny or string.sub(text, 1, #revision + 1) == revision .. '\\n')
end

local function findWrongQueue(first, last)
  for at = first, last do
    local queue = queueOf and queueOf[at] or 1
    if wrongTypes[queue] then return queue end
  end
end

-- The cursors of moves before this one in the batch.
local moved = {}
local hasWrongQueue = next(wrongTypes) ~= nil

-- Why the move is not made; nil: it is. Its writes are the first to the last of all.
local function refusalOf(index, first, last)
  local name, from, revision = names[index], texts[froms + index], texts[revisions + index]
  local digit = string.byte(digits, index) - 48
  local isNew, isAny = digit % 2 == 1, digit % 4 >= 2
  local cursor, score = moved[name] or cursors[index], scores[index]
  if isNew and cursor or not isNew and cursor ~= from then return {cut(cursor)} end
  if not (score and (isAny or score == revision)) and not hasRevision(name, revision, isAny) then return 1 end
  if dueAts and dueAts[index] > latest then return 2 end
  local queue = hasWrongQueue and findWrongQueue(first, last)
  if queue then return {tostring(queue), wrongTypes[queue]} end
  return findHold(index)
end

-- Writes the records of the moves that are made.
local function keepRecords(refusals, ownTexts)
  local records, slotAt = {}, 0
  for index = 1, moveCount do
    local digit = string.byte(digits, index) - 48
    if digit >= 4 then
      slotAt = slotAt + 1
      local text = texts[2 * index]
      if digit >= 8 then
        ownTexts = ownTexts + 1
        text = texts[ownTexts]
      end
      if not refusals[index] then
        records[#records + 1] = string.format('%d:', slots[slotAt] or slots[1]) .. names[index]
        records[#records + 1] = text
      end
    end
  end
  for at = 1, #records, CHUNK do
    redis.pcall('HSET', KEYS[5], unpack(records, at, math.min(at + CHUNK - 1, #records)))
  end
end

local refusals, writesBefore = {}, {}
local total = 0
for index = 1, moveCount do
  local count = writeCounts[index] or writeCounts[1]
  local refusal = refusalOf(index, total + 1, total + count)
  if refusal then refusals[index] = refusal else moved[names[index]] = texts[2 * index] end
  writesBefore[index] = total
  total = total + count
end
writesBefore[moveCount + 1] = total

-- First: alone they do no harm, since a message that is sent again is not held up by itself.
for number, hold in pairs(holds) do
  use(ARGV[databases + queueCount + number])
  redis.call('SET', KEYS[5 + queueCount + number], hold.value, 'PX', hold.ttl)
end
use(ownDatabase)

if not next(refusals) and queueCount <= 1 then
  if queueCount == 1 then
    use(ARGV[databases + 1])
    push(KEYS[6], texts, values + 1, values + total)
    use(ownDatabase)
  end
  save(texts, 1, froms)
  if #slots > 0 then keepRecords(refusals, values + total) end
  return 'DONE'
end

local pushes, writes, results = {}, {}, {}
for queue = 1, queueCount do pushes[queue] = {} end
for index = 1, moveCount do
  results[index] = refusals[index] or 0
  if not refusals[index] then
    for at = writesBefore[index] + 1, writesBefore[index + 1] do
      local list = pushes[queueOf and queueOf[at] or 1]
      list[#list + 1] = texts[values + at]
    end
    writes[#writes + 1] = names[index]
    writes[#writes + 1] = texts[2 * index]
  end
end
for queue = 1, queueCount do
  use(ARGV[databases + queue])
  push(KEYS[5 + queue], pushes[queue], 1, #pushes[queue])
end
use(ownDatabase)
save(writes, 1, #writes)
if #slots > 0 then keepRecords(refusals, values + total) end
return results`,
);

/** KEYS mark; ARGV its database, own database, value. Answers 1 when the mark is there. */
export const FIND_MARK: Script = script(
  `
if ARGV[1] ~= ARGV[2] then redis.call('SELECT', ARGV[1]) end
return redis.call('GET', KEYS[1]) == ARGV[3] and 1 or 0`,
);
