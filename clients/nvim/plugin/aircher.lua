-- Defines the commands and <Plug> maps. Nothing is loaded until one of them is used.
if vim.g.loaded_aircher then
  return
end
vim.g.loaded_aircher = true

local command = vim.api.nvim_create_user_command

command("AircherModel", function(call) require("aircher.models").command(call.args, call.bang) end, {
  bang = true,
  nargs = "?",
  complete = function(lead) return require("aircher.models").complete(lead) end,
  desc = "Choose the default model, or with ! the model of this Neovim",
})

command("AircherLogin", function(call)
  require("aircher.sign_in").login(call.args ~= "" and call.args or nil)
end, {
  nargs = "?",
  complete = function(lead) return require("aircher.sign_in").complete(lead) end,
  desc = "Sign in to a provider",
})

--- Runs a function of lua/aircher/commands.lua, which is loaded then.
local function run(name)
  return function(opts) require("aircher.commands")[name](opts) end
end

local function complete(lead) return require("aircher.ask").complete(lead) end

command("Aircher", run("ask"), { nargs = "*", range = true, bang = true, complete = complete, desc = "Ask about lines or the buffer" })
command("AircherChat", run("chat"), { nargs = "*", range = true, bang = true, complete = complete, desc = "Open a chat" })
command("AircherSend", run("send"), { desc = "Send the chat in this buffer" })
command("AircherRetry", run("retry"), { desc = "Ask for the last answer again" })
command("AircherFork", run("fork"), { desc = "Go on with a copy of this chat" })
command("AircherStop", run("stop"), { desc = "Stop the answer" })
command("AircherEdit", run("edit"), { nargs = "*", range = true, complete = complete, desc = "Edit lines by an instruction" })
command("AircherAccept", run("accept"), { bang = true, desc = "Accept the hunk at the cursor; with ! all of the edit" })
command("AircherReject", run("reject"), { bang = true, desc = "Reject the hunk at the cursor; with ! all of the edit" })
command("AircherDiff", run("diff"), { desc = "Show all of an edit in diff mode" })

for _, name in ipairs({ "send", "retry", "fork", "stop" }) do
  vim.keymap.set("n", ("<Plug>(aircher-%s)"):format(name), run(name))
end
vim.keymap.set("n", "<Plug>(aircher-ask)", ":Aircher ")
vim.keymap.set("x", "<Plug>(aircher-ask)", ":Aircher ")
vim.keymap.set("x", "<Plug>(aircher-edit)", ":AircherEdit ")
vim.keymap.set("n", "<Plug>(aircher-accept)", "<Cmd>AircherAccept<CR>")
vim.keymap.set("n", "<Plug>(aircher-reject)", "<Cmd>AircherReject<CR>")
vim.keymap.set("n", "<Plug>(aircher-accept-all)", "<Cmd>AircherAccept!<CR>")
vim.keymap.set("n", "<Plug>(aircher-reject-all)", "<Cmd>AircherReject!<CR>")
vim.keymap.set("n", "<Plug>(aircher-next-hunk)", function() require("aircher.commands").go(1) end)
vim.keymap.set("n", "<Plug>(aircher-previous-hunk)", function() require("aircher.commands").go(-1) end)
vim.keymap.set("n", "<Plug>(aircher-chat)", "<Cmd>AircherChat<CR>")

-- A saved chat goes on when it is opened again. Only its first lines are looked at.
vim.api.nvim_create_autocmd("BufReadPost", {
  group = vim.api.nvim_create_augroup("aircher", {}),
  pattern = "*.md",
  callback = function(event)
    local lines = vim.api.nvim_buf_get_lines(event.buf, 0, 1, false)
    if lines[1] == "---" or vim.startswith(lines[1] or "", "## ") then
      require("aircher.chat").attach_file(event.buf)
    end
  end,
})
