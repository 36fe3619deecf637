--- Errors of the daemon, as people read them.
local M = {}

---@class aircher.Error
---@field code string as in docs/protocol.md; `unreachable` and `connection_lost` are the client's own
---@field message string
---@field data table

local MIN_COMPARED = 16 -- characters from which on the daemon shows the last four of a key

local function sign_in_of(err)
  local data = type(err.data) == "table" and err.data or {}
  return type(data.sign_in) == "table" and data.sign_in or nil
end

--- Returns what the user can do about missing keys, as in docs/protocol.md; nil if that is not the reason.
---@param err aircher.Error
---@return table|nil
function M.sign_in(err) return sign_in_of(err) end

--- Returns an error of the daemon in a form that can be relied on.
---@param err any
---@return aircher.Error
function M.parse(err)
  if type(err) ~= "table" then
    return { code = "internal", message = tostring(err), data = {} }
  end
  return vim.tbl_extend("force", err, {
    code = tostring(err.code or "internal"),
    message = tostring(err.message or "aircherd gave no reason"),
    data = type(err.data) == "table" and err.data or {},
  })
end

--- Lists the variables of this Neovim with keys that would help and that the daemon cannot see: names only.
---
--- A variable that the daemon sees is in a row as a key, a source or shadowed. It counts as unseen
--- nevertheless if its key was rejected and ours ends differently.
---@param wanted string[] the variables that the daemon would read
---@param rows table[] as in auth.status, or the `providers` of `sign_in`
---@return string[]
function M.unseen_among(wanted, rows)
  local seen, seen_rejected, known = {}, {}, {}
  for _, row in ipairs(rows) do
    local masked = type(row.masked) == "string" and row.masked or ""
    local into = row.state == "rejected" and #masked > #"…" and seen_rejected or seen
    local names = { row.source or "", row.key or "" }
    vim.list_extend(names, type(row.shadowed) == "table" and row.shadowed or {})
    for name in table.concat(names, " "):gsub("env:", " "):gmatch("[^%s,]+") do
      into[name] = true
    end
    if masked ~= "" then
      known[masked:sub(-4)] = true
    end
  end
  return vim.tbl_filter(function(name)
    local value = vim.trim(vim.env[name] or "")
    local is_long = #value >= MIN_COMPARED
    local is_seen = seen[name] or (seen_rejected[name] and not is_long)
    return value ~= "" and not is_seen and not (is_long and known[value:sub(-4)])
  end, wanted)
end

--- Lists the variables of this Neovim that would help against an error; see `unseen_among`.
---
--- Their values can be stored with auth.import, {variables = {NAME = value}}, if the user agrees.
---@param err aircher.Error
---@return string[]
function M.unseen_variables(err)
  local sign_in = sign_in_of(err)
  return sign_in and M.unseen_among(sign_in.environment or {}, sign_in.providers or {}) or {}
end

--- Returns the message of an error, and if keys are missing the command that helps and the page of keys.
---@param err aircher.Error
---@return string
function M.explain(err)
  local sign_in = sign_in_of(err)
  if not sign_in then
    return err.message
  end
  local unseen, needed = M.unseen_variables(err), {}
  for _, row in ipairs(sign_in.providers or {}) do
    if row.needed then
      table.insert(needed, row)
    end
  end
  for _, row in ipairs(needed) do
    for _, name in ipairs(row.env or {}) do
      if vim.tbl_contains(unseen, name) then
        return err.message .. "\n:AircherLogin stores the key in " .. name .. ", which the daemon cannot see"
      end
    end
  end
  local first = needed[1] or {}
  local lines = { err.message }
  if first.command then
    table.insert(lines, ":AircherLogin " .. first.provider .. " stores a key")
  end
  if first.keys_page then
    table.insert(lines, "keys: " .. first.keys_page)
  end
  return table.concat(lines, "\n")
end

return M
