--- User autocommands, for status lines and configurations: see :help aircher-events.
local M = {}

--- Runs the autocommands `User NAME`; they find `data` in their argument from Neovim 0.8 on.
---@param name string
---@param data table|nil
function M.emit(name, data)
  local opts = { pattern = name, modeline = false }
  if vim.fn.has("nvim-0.8") == 1 then
    opts.data = data
  end
  vim.api.nvim_exec_autocmds("User", opts)
end

return M
