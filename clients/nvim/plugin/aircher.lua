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
end, { nargs = "?", desc = "Sign in to a provider" })
