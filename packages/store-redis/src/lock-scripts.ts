import { NOW, script } from "@beatx/shared-redis";
import type { Script } from "@beatx/shared-redis";
import { HOLDS_LOCK, READ_WORDS } from "./lua-values.js";

/**
 * KEYS lock, leader, fence, server; ARGV token, ttl, label, guard (1 or 0). Answers OK fence | HELD ms fence since
 * label | WAIT ms why | FOREIGN ms size beginning | MENDED ms {what, value}... | NOINFO error.
 *
 * Two things keep two nodes from leading when the server loses a lease. The guard: a server process that was not seen
 * before (or lost the record of it) grants no lease until every earlier one has run out, unless it can have granted
 * none and has outlived those of earlier processes. The leader record: it has no lifetime, so it reveals a lock that
 * vanished before its time (deleted, evicted).
 *
 * A lock that would never end (it has no lifetime, or a value that is not beatx's) ends when every lease granted before
 * this call has run out: after the ttl of the last leader. So does the wait for a lock whose end is not known. If the
 * leader record has lost that ttl, neither the lifetime of an intact lock nor a readable `until` is reduced, because
 * the lease may last until then. If they are lost as well, only the asker's ttl is left. It is as long as the lease,
 * since all nodes of a namespace use the same ttl. Only with a shorter one could this node lead while the last leader
 * trusts its lease. A lifetime of 2^31 ms (24 days) or more is not believed.
 *
 * A refused call writes only to mend, or to record a new server. If the server's clock has stepped back, the stored end
 * of the lease is too late: the call sets it to now plus the leader's ttl.
 */
export const ACQUIRE: Script = script(
  NOW,
  READ_WORDS,
  `
local ttl = tonumber(ARGV[2])
local expiry = asText(now + ttl)
local wait, why = 0, ''
local run, since

-- A promoted replica counts as another server: it may have missed the last writes of its master. Its replication
-- history has a new id.
local function identityOf(server)
  local history = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  return string.match(server, 'run_id:(%w+)') .. (history or '')
end

-- A process that started longer than a lifetime ago, and was never promoted from a replica, has outlived every lease of
-- the processes before it: only a promoted one may have missed the last writes of its master.
local function msUntilOutlived(server)
  if string.match(redis.call('INFO', 'replication'), 'second_repl_offset:(%-?%d+)') ~= '-1' then return 1/0 end
  return math.max(ttl + 2000 - tonumber(string.match(server, 'uptime_in_seconds:(%d+)')) * 1000, 0)
end

-- Each grant of a lease runs SET and HSET. A process that has not run both since it started has granted none, so it
-- cannot have lost one, whatever was deleted. CONFIG RESETSTAT forgets what has run, and counts itself. In a cluster
-- the slot may have been served by another process before.
local function hasGrantedNone(server)
  if string.find(server, 'redis_mode:cluster', 1, true) then return false end
  local ran = redis.pcall('INFO', 'commandstats')
  local function has(name) return string.find(ran, 'cmdstat_' .. name .. ':', 1, true) end
  if type(ran) ~= 'string' or not has('info') or has('config') or has('config|resetstat') then return false end
  return not (has('set') and has('hset'))
end

if ARGV[4] == '1' then
  local server = redis.pcall('INFO', 'server')
  if type(server) == 'table' then return {'NOINFO', server.err} end
  run = identityOf(server)
  local seen
  seen, since = string.match(shortString(KEYS[4]) or '', '^(%w+) (%d+)$')
  since = parseInteger(since)
  local known = since
  if seen ~= run or not since or since > now then
    local isSuccessor = seen and seen ~= run and msUntilOutlived(server) == 0
    since = isSuccessor and 0 or now
  end
  if since + ttl > now then
    wait, why = since + ttl - now, 'no-record'
    local outlivedIn = msUntilOutlived(server)
    if outlivedIn < wait and hasGrantedNone(server) then wait = outlivedIn end
    if outlivedIn > 0 and outlivedIn <= ttl + 2000 then why = 'young-server' end
    if wait == 0 then since = 0 end
  end
  if since ~= known or seen ~= run then redis.call('SET', KEYS[4], run .. ' ' .. asText(since)) end
end

local value = shortString(KEYS[1])
local holder, heldFence = string.match(value or '', '^(.*):(%d+)$')
if not parseInteger(heldFence) then holder = nil end
local left = value and redis.call('PTTL', KEYS[1]) or 0
local last = shortFields(KEYS[2], 'fence', 'since', 'label', 'until', 'ttl')
local deadline = parseInteger(last[4])

-- A lifetime that beatx may have given a lock; nil otherwise.
local function lifetime(ms)
  return ms and ms > 0 and ms < 2^31 and ms or nil
end

-- All leases granted before this call end within this time.
local longestLeaseMs = lifetime(parseInteger(last[5]))
  or math.max(ttl, deadline and lifetime(deadline - now) or 0, holder and lifetime(left) or 0)
local latestExpiry = asText(now + longestLeaseMs)
local mended = {}
local function mend(what, was)
  mended[#mended + 1] = {what, string.sub(was or '', 1, 60)}
end

if not (last[1] or last[4] or last[5]) then
  deadline = 0
elseif not deadline or deadline > now + longestLeaseMs then
  if not deadline then mend('until', last[4]) end
  deadline = now + longestLeaseMs
  redis.call('HSET', KEYS[2], 'until', latestExpiry)
end

if value then
  if left < 0 and holder then mend('lifetime') end
  if left < 0 or left > longestLeaseMs + 1000 then redis.call('PEXPIREAT', KEYS[1], latestExpiry) end
end

local lastFence = shortString(KEYS[3])
local fence = parseInteger(lastFence)
if not fence then
  fence = math.max(parseInteger(last[1]) or 0, holder and parseInteger(heldFence) or 0)
  if lastFence then
    mend('fence', lastFence)
    redis.call('SET', KEYS[3], asText(fence))
  end
end

if #mended > 0 then return {'MENDED', longestLeaseMs, unpack(mended)} end

if value then
  left = redis.call('PTTL', KEYS[1])
  if not holder then return {'FOREIGN', math.max(left, wait), #redis.call('GET', KEYS[1]), string.sub(value, 1, 60)} end
  if holder ~= ARGV[1] then
    if last[1] ~= heldFence then last = {heldFence} end
    return {'HELD', math.max(left, wait), heldFence, parseInteger(last[2]) and last[2] or heldFence, last[3] or ''}
  end
  if wait > 0 then return {'WAIT', wait, why} end
  redis.call('PEXPIREAT', KEYS[1], expiry)
  redis.call('HSET', KEYS[2], 'until', expiry, 'ttl', ARGV[2])
  return {'OK', heldFence}
end

if deadline - now > wait then wait, why = deadline - now, 'lock-vanished' end
if wait > 0 then return {'WAIT', wait, why} end

-- A foreign fence at the end of the range is not counted on.
fence = asText(math.max((fence + 1) % 10^14, now))
redis.call('SET', KEYS[3], fence)
redis.call('HSET', KEYS[2], 'fence', fence, 'since', asText(now), 'label', ARGV[3],
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
  HOLDS_LOCK,
  `
if not holdsLock(ARGV[1]) then return 0 end
local expiry = string.format('%.0f', now + ARGV[2])
redis.call('PEXPIREAT', KEYS[1], expiry)
redis.call('HSET', KEYS[2], 'until', expiry, 'ttl', ARGV[2])
return 1`,
);

/** KEYS lock, leader; ARGV lock value, channel. Answers 1, or 0 if another node or none holds the lock (R36). */
export const RELEASE: Script = script(
  HOLDS_LOCK,
  `
if not holdsLock(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'until', '0')
redis.pcall('PUBLISH', ARGV[2], 'lock')
return 1`,
);

/** KEYS lock, leader. Answers fence, since, label, ms left; nothing if no node leads, as far as the lock's value tells. */
export const READ_LOCK: Script = script(
  READ_WORDS,
  `
local fence = string.match(shortString(KEYS[1]) or '', ':(%d+)$')
if not parseInteger(fence) then return false end
local last = shortFields(KEYS[2], 'fence', 'since', 'label')
if last[1] ~= fence then last = {fence} end
return {fence, parseInteger(last[2]) and last[2] or fence, last[3] or '', math.max(redis.call('PTTL', KEYS[1]), 0)}`,
);
