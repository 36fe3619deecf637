--- Waits for a pause in typing: a question that opens under someone's fingers takes what they type for its answer.
local uv, api = vim.uv or vim.loop, vim.api
local M = {}

--- Milliseconds without a key that count as a pause.
M.pause = 1000

--- How often it is looked whether there is one, in milliseconds.
local LOOK = 100

--- Whether keys are text now: in Insert, Replace, Terminal and Command-line mode.
local function is_text() return api.nvim_get_mode().mode:find("^[iRtc]") ~= nil end

--- Calls `act` at once, or, where text is being typed, after a pause or when that mode is left.
--- No deadline: typing may go on for as long as it likes.
---@param act fun()
function M.after_pause(act)
  if not is_text() then
    return act()
  end
  local typed_at = uv.now()
  local namespace = vim.on_key(function() typed_at = uv.now() end)
  local timer = uv.new_timer()
  timer:start(LOOK, LOOK, vim.schedule_wrap(function()
    if timer:is_closing() or (is_text() and uv.now() - typed_at < M.pause) then
      return
    end
    timer:close()
    vim.on_key(nil, namespace)
    act()
  end))
end

return M
