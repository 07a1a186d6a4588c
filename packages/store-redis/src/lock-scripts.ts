import { NOW, script } from "@beatx/shared-redis";
import type { Script } from "@beatx/shared-redis";

/**
 * KEYS lock, leader, fence, server; ARGV token, ttl, label, guard (1 or 0).
 * Answers OK fence | HELD ms fence since label | WAIT ms why | NOINFO error.
 *
 * Two things keep two nodes from leading when the server loses a lease. The guard: a server process that was not seen
 * before (or lost the record of it) grants no lease until every earlier one has run out. The leader record: it has no
 * lifetime, so it reveals a lock that vanished before its time (deleted, evicted). A refused call writes only in two cases.
 * The first call to a new server records it. If the server's clock has stepped back, the stored end of the lease is too
 * late: the call sets it to now plus the leader's ttl.
 */
export const ACQUIRE: Script = script(
  NOW,
  `
local ttl = tonumber(ARGV[2])
local expiry = string.format('%.0f', now + ttl)
local wait, why = 0, ''
local run, since

-- A promoted replica counts as another server: it may have missed the last writes of its master. Its replication
-- history has a new id.
local function identityOf(server)
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  return string.match(server, 'run_id:(%w+)') .. (history or '')
end

-- A process that started longer than a lifetime ago with earlier data, and was never promoted from a replica, has
-- outlived every earlier lease: only a promoted one may have missed the last writes of its master.
local function outlivedAllLeases(server)
  local uptime = tonumber(string.match(server, 'uptime_in_seconds:(%d+)'))
  if uptime * 1000 < ttl + 2000 then return false end
  return string.match(redis.call('INFO', 'replication'), 'second_repl_offset:(%-?%d+)') == '-1'
end

if ARGV[4] == '1' then
  local server = redis.pcall('INFO', 'server')
  if type(server) == 'table' then return {'NOINFO', server.err} end
  run = identityOf(server)
  local seen
  seen, since = string.match(redis.call('GET', KEYS[4]) or '', '^(%w+) (%d+)$')
  since = tonumber(since)
  if seen ~= run or since > now then
    since = now
    if seen and seen ~= run and outlivedAllLeases(server) then since = 0 end
    redis.call('SET', KEYS[4], run .. ' ' .. string.format('%.0f', since))
  end
  if since + ttl > now then wait, why = since + ttl - now, 'new-server' end
end

local value = redis.call('GET', KEYS[1])
local last = redis.call('HMGET', KEYS[2], 'fence', 'since', 'label', 'until', 'ttl')
local latest = last[5] and now + last[5]
if latest and tonumber(last[4]) > latest then
  last[4] = string.format('%.0f', latest)
  redis.call('HSET', KEYS[2], 'until', last[4])
  if value and string.match(value, ':(%d+)$') == last[1] then redis.call('PEXPIREAT', KEYS[1], last[4]) end
end

if value then
  local holder, fence = string.match(value, '^(.*):(%d+)$')
  if holder ~= ARGV[1] then
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 then left = ttl end
    if last[1] ~= fence then last = {fence, fence, ''} end
    return {'HELD', math.max(left, wait), fence, last[2], last[3]}
  end
  if wait > 0 then return {'WAIT', wait, why} end
  redis.call('PEXPIREAT', KEYS[1], expiry)
  redis.call('HSET', KEYS[2], 'until', expiry, 'ttl', ARGV[2])
  return {'OK', fence}
end

local deadline = tonumber(last[4] or '0')
if deadline - now > wait then wait, why = deadline - now, 'lock-vanished' end
if wait > 0 then return {'WAIT', wait, why} end

local fence = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, now)
fence = string.format('%.0f', fence)
redis.call('SET', KEYS[3], fence)
redis.call('HSET', KEYS[2], 'fence', fence, 'since', string.format('%.0f', now), 'label', ARGV[3],
  'until', expiry, 'ttl', ARGV[2])
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. fence, 'PXAT', expiry)
if run and since > 0 then redis.call('SET', KEYS[4], run .. ' 0') end
return {'OK', fence}`,
);

/**
 * KEYS lock, leader; ARGV lock value, ttl. Answers 1, or 0 if another node or none holds the lock (R8).
 * PEXPIREAT comes first: a server that is out of memory accepts it, and then HSET as well.
 */
export const RENEW: Script = script(
  NOW,
  `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local expiry = string.format('%.0f', now + ARGV[2])
redis.call('PEXPIREAT', KEYS[1], expiry)
redis.call('HSET', KEYS[2], 'until', expiry, 'ttl', ARGV[2])
return 1`,
);

/** KEYS lock, leader; ARGV lock value, channel. Answers 1, or 0 if another node or none holds the lock (R36). */
export const RELEASE: Script = script(
  `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'until', '0')
redis.pcall('PUBLISH', ARGV[2], 'lock')
return 1`,
);

/** KEYS lock, leader. Answers fence, since, label, ms left; nothing if no node leads. */
export const READ_LOCK: Script = script(
  `
local value = redis.call('GET', KEYS[1])
if not value then return false end
local fence = string.match(value, ':(%d+)$')
local last = redis.call('HMGET', KEYS[2], 'fence', 'since', 'label')
if last[1] ~= fence then last = {fence, fence, ''} end
return {fence, last[2], last[3], math.max(redis.call('PTTL', KEYS[1]), 0)}`,
);
