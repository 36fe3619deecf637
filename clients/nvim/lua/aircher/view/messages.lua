--- Messages that do not interrupt typing.
local M = {}

--- Shortens a message to what fits into the command line: a longer one would wait for a key.
---@param text string
---@param width integer cells
---@return string
function M.fit(text, width)
  text = text:gsub("%s*\n%s*", "; "):gsub("%z", "")
  if vim.fn.strdisplaywidth(text) <= width then
    return text
  end
  return vim.fn.strcharpart(text, 0, math.max(width - 1, 1)) .. "…"
end

--- Whether messages go to the command line, and not to a plugin that has room for them.
local function is_in_command_line() return debug.getinfo(vim.notify, "S").source:find("^@?vim/") ~= nil end

--- Shows a message, in the command line in one line. An error is shown whole if `is_whole`, even if it waits for a
--- key then.
---@param message string
---@param level integer|nil of vim.log.levels; default: WARN
---@param is_whole boolean|nil
function M.tell(message, level, is_whole)
  local text = "aircher: " .. message
  is_whole = is_whole or not is_in_command_line()
  vim.notify(is_whole and text or M.fit(text, vim.v.echospace), level or vim.log.levels.WARN)
end

return M
