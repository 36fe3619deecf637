-- A Neovim asks once, and ends; the exit code says whether it was answered.
local connections = require("aircher.connection")

connections.get():chat({ model = "work/gpt-5.5", messages = { { role = "user", content = "one two" } } }, {
  on_done = function(err, result)
    io.write(err and err.message or result.model)
    vim.cmd(err and "cquit 1" or "qall!")
  end,
})
