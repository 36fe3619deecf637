--- What to say if the daemon is of another version than these files.
local version = require("aircher.wire.version")

local M = {}

-- Parts of the daemon's messages about what it does not know.
local UNKNOWN = { "there is no field", ": cannot be ", "unknown topic" }

local function numbers(text)
  local found = {}
  for part in text:gmatch("[^.]+") do
    if not part:match("^%d+$") then
      break
    end
    table.insert(found, tonumber(part))
  end
  return found
end

local function is_newer(one, other)
  local left, right = numbers(one), numbers(other)
  for index = 1, math.max(#left, #right) do
    local a, b = left[index] or 0, right[index] or 0
    if a ~= b then
      return a > b
    end
  end
  return false
end

--- A sentence about both versions, and what to do; nil if they are the same.
---@param daemon_version string|nil
---@return string|nil
function M.notice(daemon_version)
  if not daemon_version or daemon_version == version then
    return nil
  end
  local both = ("aircherd %s is running, and this is aircher for Neovim %s"):format(daemon_version, version)
  if is_newer(daemon_version, version) then
    return both .. ", which is older: update it"
  end
  return both .. ": run 'aircher-cli daemon restart' to start the new version"
end

--- Returns the error with the versions in its message, if they may be its reason: the daemon does not know
--- a method, a field, a value or a topic.
---@param err aircher.Error
---@param daemon_version string|nil
---@return aircher.Error
function M.explain(err, daemon_version)
  local notice = M.notice(daemon_version)
  local is_unknown = err.code == "unknown_method"
  for _, part in ipairs(UNKNOWN) do
    is_unknown = is_unknown or (err.code == "bad_request" and err.message:find(part, 1, true) ~= nil)
  end
  if not notice or not is_unknown then
    return err
  end
  return vim.tbl_extend("force", err, { message = err.message .. "; " .. notice })
end

return M
