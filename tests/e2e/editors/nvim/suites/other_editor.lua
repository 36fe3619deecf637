-- A second Neovim beside the one of daemon.lua: chooses a model, or quits while an answer arrives.
local connections = require("aircher.connection")

if vim.env.AIRCHER_TEST_MODEL then
  local is_done
  require("aircher.models").use(vim.env.AIRCHER_TEST_MODEL, false, function(err) is_done = err or "done" end)
  vim.wait(15000, function() return is_done end, 2)
  vim.cmd(is_done == "done" and "qall!" or "cquit 1")
end

connections.get():chat({ model = "work/m", messages = { { role = "user", content = "count 100000" } } }, {
  on_delta = function(delta)
    if delta.type == "text" then
      vim.cmd("qall!")
    end
  end,
  on_done = function() vim.cmd("cquit 1") end,
})
