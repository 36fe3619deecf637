--- Folds the thinking in a chat, whose lines are notes.
local format = require("aircher.chat.format")

local api = vim.api
local M = {}

local function fold(buf, first, last)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    api.nvim_win_call(win, function() vim.cmd(("silent! %d,%dfold"):format(first, last)) end)
  end
end

--- Folds each block of thinking between two rows, from 0, in the windows that show the buffer.
---@param buf integer
---@param first integer
---@param last integer
function M.thinking(buf, first, last)
  local start
  local lines = api.nvim_buf_get_lines(buf, first, last + 1, false)
  for index = 1, #lines + 1 do
    local is_thought = lines[index] and vim.startswith(lines[index], format.THOUGHT)
    if is_thought and not start then
      start = first + index
    elseif start and not is_thought then
      fold(buf, start, first + index - 1)
      start = nil
    end
  end
end

return M
