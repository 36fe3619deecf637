--- The state of aircher for a status line: the model, whether it can answer now, and what was spent today.
---
--- Nothing happens before it is first asked for. From then on the daemon reports changes; nothing polls. A
--- subscription starts no daemon.
local connections = require("aircher.connection")
local events = require("aircher.status.events")
local marks = require("aircher.marks")
local options = require("aircher.options")

local uv = vim.uv or vim.loop
local M = {}

local TOPICS = { "models", "auth", "provider", "config", "usage", "attempt" }
local QUIET_MS = 200 -- changes that come together are one
local SPEND_MS = 5000 -- the least time between two reports of what was spent

---@class aircher.Status
---@field state aircher.State of the connection
---@field model string|nil what requests of this Neovim ask for
---@field mark aircher.Mark|nil the state of that model
---@field answers_by string|nil provider/model that would answer now, if it is not the first choice
---@field spent_today number|nil USD
---@field has_unknown_cost boolean|nil some of today's requests have no known cost

local current = { state = "closed" }
local is_started = false
local default_name
local spend_day, spend_at = nil, 0
local route_timer, spend_timer

local function publish(changes)
  local changed = vim.tbl_extend("force", current, changes)
  if changes.answers_by == false then
    changed.answers_by = nil
  end
  if not vim.deep_equal(changed, current) then
    current = changed
    events.emit("AircherStatus", M.get())
    vim.cmd("redrawstatus!")
  end
end

local function full_name(candidate) return candidate.provider .. "/" .. candidate.model end

--- Returns the mark of the model `name` in a plan that would not call it first.
local function mark_in(plan, name)
  for _, skipped in ipairs(plan.skipped or {}) do
    if full_name(skipped) == name then
      return marks.of_skipped(skipped)
    end
  end
  local first = (plan.skipped or {})[1]
  return first and marks.of_skipped(first) or marks.UNKNOWN
end

--- What a plan of `route.explain` says about the model `name`. An alias is ready while any of its routes is.
---@param plan table
---@param name string|nil
---@return table changes
function M.of_plan(plan, name)
  local first = (plan.candidates or {})[1]
  local answering = first and full_name(first)
  if not first then
    return { model = name, mark = mark_in(plan, name), answers_by = false }
  elseif not name or name == answering then
    return { model = answering, mark = marks.READY, answers_by = false }
  end
  local is_alias = not name:find("/", 1, true)
  return { model = name, mark = is_alias and marks.READY or mark_in(plan, name), answers_by = answering }
end

local function fetch_route()
  local name = options.get().model
  connections.get():request("route.explain", { model = name }, function(err, plan)
    if not err then
      publish(M.of_plan(plan, name or default_name))
    elseif err.code ~= "connection_lost" and err.code ~= "unreachable" then
      publish({ model = name or default_name, mark = marks.INVALID, answers_by = false })
    end
  end)
end

local function midnight()
  local now = os.date("*t")
  return os.time({ year = now.year, month = now.month, day = now.day, hour = 0 })
end

local function fetch_spend()
  spend_day, spend_at = os.date("%j"), uv.now()
  connections.get():request("usage.report", { since = midnight() }, function(err, report)
    if not err then
      local totals = report.totals
      publish({ spent_today = tonumber(totals.cost) or 0, has_unknown_cost = totals.unknown_cost > 0 })
    end
  end)
end

local function soon(timer, pause, act)
  if not timer:is_active() then
    timer:start(pause, 0, vim.schedule_wrap(function()
      if current.state == "open" then
        act()
      end
    end))
  end
end

local function fetch_spend_soon() soon(spend_timer, math.max(QUIET_MS, spend_at + SPEND_MS - uv.now()), fetch_spend) end

local function take_event(event)
  if event.topic == "attempt" then
    return fetch_spend_soon()
  elseif event.topic == "models" and not event.providers then
    default_name = event.default
  end
  soon(route_timer, QUIET_MS, fetch_route)
end

local function take_snapshot(snapshot)
  if snapshot.models then
    default_name = snapshot.models.default
  end
  publish({ state = "open" })
  soon(route_timer, 0, fetch_route)
  fetch_spend_soon()
end

local function start()
  is_started = true
  route_timer, spend_timer = uv.new_timer(), uv.new_timer()
  spend_at = uv.now() - SPEND_MS
  connections.get():on_state(function(state)
    publish({ state = state })
    if state == "open" then
      soon(route_timer, 0, fetch_route) -- also where `[clients]` does not let this Neovim subscribe
    end
  end)
  connections.get():subscribe(TOPICS, { on_snapshot = take_snapshot, on_event = take_event })
  vim.api.nvim_create_autocmd("User", {
    pattern = "AircherModelChanged",
    callback = function() soon(route_timer, 0, fetch_route) end,
  })
end

--- Returns the state now; a copy, to be looked at.
---@return aircher.Status
function M.get()
  if not is_started then
    start()
  elseif current.state == "open" and spend_day and spend_day ~= os.date("%j") then
    fetch_spend_soon() -- a new day has begun
  end
  return vim.deepcopy(current)
end

--- Returns what was spent as text: $0, $0.42, under a cent <$0.01; `+` means that some costs are unknown.
local function spend_text(status)
  local spent = status.spent_today
  if not spent then
    return nil
  end
  local amount = spent == 0 and "$0" or (spent < 0.01 and "<$0.01" or ("$%.2f"):format(spent))
  return amount .. (status.has_unknown_cost and "+" or "")
end

--- Returns a status as text, such as "✓ sonnet → work/claude-sonnet-5 $0.42" for an alias, or
--- "⚠ work/gpt-5.5 cooling → spare/claude-sonnet-5 $0.42".
---
--- A % in a name is shown as ％: status lines of plugins would run what it begins, such as %{system("…")}.
---@param status aircher.Status
---@return string
function M.text(status)
  if status.state == "closed" then
    return "· aircher not running"
  elseif not status.mark then
    return "· aircher …"
  end
  local parts = { status.mark.symbol .. " " .. (status.model or "no model") }
  if not status.mark.answers then
    table.insert(parts, status.mark.word)
  end
  if status.answers_by then
    table.insert(parts, "→ " .. status.answers_by)
  end
  table.insert(parts, spend_text(status))
  return (table.concat(parts, " "):gsub("%%", "％"))
end

return M
