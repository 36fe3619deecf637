--- Keys in buffers of the user's own, while something of aircher's is under way there.
local options = require("aircher.options")

local api = vim.api
local M = {}

local STOP = "<Plug>(aircher-stop)"

---@type table<integer, integer> by buffer: how much is under way that the key stops
local users = {}

--- Maps <C-c> to stop what arrives in a buffer, unless it has a map of its own there. It is mapped until
--- all that it stops has ended.
---@param buf integer
---@return fun() unmap
function M.map_stop(buf)
  local function current() return api.nvim_buf_call(buf, function() return vim.fn.maparg("<C-c>", "n", false, true) end) end
  local is_taken = current().buffer == 1 and not users[buf]
  if not options.get().keys or is_taken then
    return function() end
  end
  users[buf] = (users[buf] or 0) + 1
  api.nvim_buf_set_keymap(buf, "n", "<C-c>", STOP, { desc = "aircher: stop" })
  -- It may be called while the buffer is being unloaded, when nothing may be changed.
  return function()
    vim.schedule(function()
      users[buf] = users[buf] > 1 and users[buf] - 1 or nil
      if users[buf] then
        return
      end
      if api.nvim_buf_is_loaded(buf) and current().rhs == STOP then
        api.nvim_buf_del_keymap(buf, "n", "<C-c>")
      end
    end)
  end
end

return M
