--- Keys in buffers of the user's own, while something of aircher's is under way there.
local options = require("aircher.options")

local api = vim.api
local M = {}

local STOP = "<Plug>(aircher-stop)"

--- Maps <C-c> to stop what arrives in a buffer, unless it has a map of its own there.
---@param buf integer
---@return fun() unmap
function M.map_stop(buf)
  local function current() return api.nvim_buf_call(buf, function() return vim.fn.maparg("<C-c>", "n", false, true) end) end
  if not options.get().keys or current().buffer == 1 then
    return function() end
  end
  api.nvim_buf_set_keymap(buf, "n", "<C-c>", STOP, { desc = "aircher: stop" })
  -- It may be called while the buffer is being unloaded, when nothing may be changed.
  return function()
    vim.schedule(function()
      if api.nvim_buf_is_loaded(buf) and current().rhs == STOP then
        api.nvim_buf_del_keymap(buf, "n", "<C-c>")
      end
    end)
  end
end

return M
