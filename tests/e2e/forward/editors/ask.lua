-- A Neovim asks once, and ends; the exit code says whether it was answered. Its health says where
-- the daemon is.
vim.cmd("checkhealth aircher")
local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
if not health:find("runs on another machine", 1, true) or not health:find("configuration: it is on", 1, true) then
  io.write(health)
  vim.cmd("cquit 2")
end

local connections = require("aircher.connection")

connections.get():chat({ model = "work/gpt-5.5", messages = { { role = "user", content = "one two" } } }, {
  on_done = function(err, result)
    io.write(err and err.message or result.model)
    vim.cmd(err and "cquit 1" or "qall!")
  end,
})
