--- The states of providers and models: a symbol and always a word, as in `aircher-cli models`.
local M = {}

---@class aircher.Mark
---@field symbol string
---@field word string
---@field rank integer the order, the best first
---@field answers boolean whether a request would be answered now, as far as is known

local function mark(rank, symbol, word, answers)
  return { rank = rank, symbol = symbol, word = word, answers = answers or false }
end

M.READY = mark(1, "✓", "ready", true)
M.LOCAL = mark(2, "⌂", "local", true)
M.UNCHECKED = mark(3, "?", "not checked", true)
M.COOLING = mark(4, "⚠", "cooling")
M.LIMITED = mark(5, "⚠", "limited")
M.UNREACHABLE = mark(6, "⚠", "unreachable")
M.NO_CREDIT = mark(7, "⚠", "no credit")
M.LOCKED = mark(8, "⚠", "locked")
M.UNREADABLE = mark(9, "⚠", "unreadable")
M.REJECTED = mark(10, "✗", "refused")
M.UNKNOWN = mark(11, "·", "unknown")
M.INVALID = mark(12, "✗", "invalid entry")
M.STOPPED = mark(13, "⌂", "not running")
M.NOT_CONFIGURED = mark(14, "○", "not signed in")

local STATES = {
  authenticated = M.READY,
  unverified = M.UNCHECKED,
  not_required = M.LOCAL,
  locked = M.LOCKED,
  unreadable = M.UNREADABLE,
  rejected = M.REJECTED,
  refused = M.INVALID,
  not_configured = M.NOT_CONFIGURED,
}

local HEALTH = {
  cooling = M.COOLING,
  quota_exhausted = M.NO_CREDIT,
  unreachable = M.UNREACHABLE,
}

-- Why a candidate was skipped, by its code.
local REASONS = {
  not_authenticated = M.NOT_CONFIGURED,
  auth_rejected = M.REJECTED,
  keyring_locked = M.LOCKED,
  quota_exhausted = M.NO_CREDIT,
  limit_reached = M.LIMITED,
  price_unknown = M.LIMITED,
  too_expensive = M.LIMITED,
  config_invalid = M.INVALID,
  network = M.UNREACHABLE,
}

--- Returns the mark of a row of `auth.status` or `models.list`; states of a newer daemon are unknown.
---@param row {state: string, health: string|nil, absent: boolean|nil}
---@return aircher.Mark
function M.of(row)
  local found = STATES[row.state] or M.UNKNOWN
  if not found.answers then
    return found
  elseif row.absent then
    return M.STOPPED
  elseif row.health == nil or row.health == "ok" then
    return found
  end
  return HEALTH[row.health] or M.UNKNOWN
end

--- Returns the mark of a candidate that a request would skip now.
---@param skipped {reason: string}
---@return aircher.Mark
function M.of_skipped(skipped) return REASONS[skipped.reason] or M.COOLING end

--- Returns the better of two marks.
function M.best(one, other) return (not other or one.rank <= other.rank) and one or other end

return M
