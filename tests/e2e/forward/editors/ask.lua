-- A Neovim asks once, and ends; the exit code says whether it was answered. Its health says where
-- the daemon is.
vim.cmd("checkhealth aircher")
local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
if not health:find("runs on another machine", 1, true) or not health:find("configuration: it is on", 1, true) then
  io.write(health)
  vim.cmd("cquit 2")
end

-- It asks for no key here: the daemon would refuse it.
local said = {}
vim.notify = function(text) table.insert(said, text) end
vim.ui.select = function() table.insert(said, "it asked for a provider") end
local is_done = false
require("aircher.sign_in").login(nil, function() is_done = true end)
vim.wait(20000, function() return is_done end)
if not vim.wait(20000, function() return #said > 0 end) or not said[1]:find("sign in there", 1, true) then
  io.write(vim.inspect(said))
  vim.cmd("cquit 3")
end

local connections = require("aircher.connection")

connections.get():chat({ model = "work/gpt-5.5", messages = { { role = "user", content = "one two" } } }, {
  on_done = function(err, result)
    io.write(err and err.message or result.model)
    vim.cmd(err and "cquit 1" or "qall!")
  end,
})
