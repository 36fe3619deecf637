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
  desc = "Choose the default model, or with ! that of this chat or Neovim",
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

--- The same for what opens windows. Neovim refuses that while a command is edited in a window.
local function open(name)
  return function(opts)
    if vim.fn.getcmdwintype() ~= "" then
      return vim.notify("aircher: close the command-line window first: CTRL-C does", vim.log.levels.WARN)
    end
    require("aircher.commands")[name](opts)
  end
end

local function complete(lead) return require("aircher.ask").complete(lead) end

command("Aircher", open("ask"), { nargs = "*", range = true, bang = true, complete = complete, desc = "Ask about lines or the buffer" })
command("AircherChat", open("chat"), { nargs = "*", range = true, bang = true, complete = complete, desc = "Open a chat" })
command("AircherSend", run("send"), { desc = "Send the chat in this buffer" })
command("AircherRetry", run("retry"), { desc = "Ask for the last answer again" })
command("AircherFork", open("fork"), { desc = "Go on with a copy of this chat" })
command("AircherStop", run("stop"), { desc = "Stop the answer" })
command("AircherEdit", open("edit"), { nargs = "*", range = true, complete = complete, desc = "Edit lines by an instruction" })
command("AircherAccept", run("accept"), { bang = true, desc = "Accept the hunk at the cursor; with ! all of the edit" })
command("AircherReject", run("reject"), { bang = true, desc = "Reject the hunk at the cursor; with ! all of the edit" })
command("AircherDiff", open("diff"), { desc = "Show all of an edit in diff mode" })

for _, name in ipairs({ "send", "retry", "stop" }) do
  vim.keymap.set("n", ("<Plug>(aircher-%s)"):format(name), run(name))
end
vim.keymap.set("n", "<Plug>(aircher-fork)", "<Cmd>AircherFork<CR>")
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

local group = vim.api.nvim_create_augroup("aircher", {})

-- A saved chat goes on when it is opened again. Only its first lines are looked at.
vim.api.nvim_create_autocmd("BufReadPost", {
  group = group,
  pattern = "*.md",
  callback = function(event)
    local lines = vim.api.nvim_buf_get_lines(event.buf, 0, 1, false)
    if lines[1] == "---" or vim.startswith(lines[1] or "", "## ") then
      require("aircher.chat").attach_file(event.buf)
    end
  end,
})

-- A session keeps the window of an answer, but not what was in it.
vim.api.nvim_create_autocmd("SessionLoadPost", {
  group = group,
  callback = function() require("aircher.view.window").close_empty() end,
})
