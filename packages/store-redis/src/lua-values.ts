/**
 * Parts of scripts that read what another program, a copying tool or a hand may have changed. They believe only what looks
 * like beatx's own value, and let no long value leave the server.
 */

import { MAX_VALUE_BYTES } from "./keys.js";

/** Bytes. The names of entries are shorter. */
const LONGEST_NAME = 4096;
/** A stored definition begins with its revision, a number of up to this many digits, and a line feed. */
export const MAX_REVISION_DIGITS = 14;

/**
 * `shortString`, `shortFields`, `parseInteger`, `asText`: for keys and fields that hold one word or number. They use only
 * commands that every user of a store needs (see the README), not GETRANGE or HSTRLEN.
 */
export const READ_WORDS: string = `
-- The text of a key; only its beginning if it is longer than any of beatx's. False if it is absent or empty.
local function shortString(key)
  local text = redis.call('GET', key)
  return text and text ~= '' and string.sub(text, 1, 1024)
end

-- Fields of a hash; false for one that is absent or too long to be beatx's.
local function shortFields(key, ...)
  local texts = redis.call('HMGET', key, ...)
  for index = 1, #texts do texts[index] = texts[index] and #texts[index] < 1024 and texts[index] end
  return texts
end

-- The number in a text of at most 14 digits (docs/PROTOCOL.md, section 13); nil for any other text.
local function parseInteger(text)
  return text and #text < 15 and string.match(text, '^%d+$') and tonumber(text) or nil
end

local function asText(number)
  return string.format('%.0f', number)
end`;

/** `holdsLock`: whether KEYS[1], the lock, has exactly this value. A key of another type holds no lease. */
export const HOLDS_LOCK: string = `
local function holdsLock(value)
  return redis.call('TYPE', KEYS[1]).ok == 'string' and redis.call('GET', KEYS[1]) == value
end`;

/**
 * `revisionLength`, `cut`, `cutDefinition`, `cutName`: for definitions and cursors. One that is too long becomes a note of
 * its size and its beginning, which cannot be read as a definition or cursor. So it breaks only its own entry.
 */
export const CUT_VALUES: string = `
-- Bytes of the revision at the begin of a stored definition; 0: beatx did not write it, and all of it is the definition.
local function revisionLength(stored)
  return #(string.match(string.sub(stored, 1, ${MAX_REVISION_DIGITS + 1}), '^(%d+)\\n') or '')
end

local function noteOf(size, beginning)
  return '(' .. size .. ' bytes, more than the ${MAX_VALUE_BYTES} of a value) ' .. beginning
end

local function cut(text)
  if not text or #text <= ${MAX_VALUE_BYTES} then return text end
  return noteOf(#text, string.sub(text, 1, 60))
end

local function cutDefinition(stored)
  if not stored or #stored <= ${MAX_VALUE_BYTES + MAX_REVISION_DIGITS + 1} then return stored end
  local length = revisionLength(stored)
  local first = length == 0 and 1 or length + 2
  return string.sub(stored, 1, first - 1) .. noteOf(#stored - first + 1, string.sub(stored, first, first + 59))
end

local function cutName(name)
  return #name <= ${LONGEST_NAME} and name or '(a name of ' .. #name .. ' bytes) ' .. string.sub(name, 1, 60)
end`;
