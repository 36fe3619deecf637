--- aircher in Neovim: what other plugins and a configuration may call. See :help aircher.
---
--- Everything else is loaded when it is first needed.
local M = {}

--- Sets options. It need not be called: every option has a default.
---@param opts table|nil see :help aircher-options
function M.setup(opts) require("aircher.options").set(opts) end

--- Returns the text for a status line: the model, its state, and what was spent today.
---
--- The first call begins to watch; before, this costs nothing.
---@return string
function M.statusline()
  local status = require("aircher.status")
  return status.text(status.get())
end

--- Returns the same as a table, for status lines that build their own text.
---@return aircher.Status
function M.status() return require("aircher.status").get() end

--- Returns the path of the daemon's socket; nil and a sentence if there is none.
---@return string|nil path
---@return string|nil problem
function M.socket_path() return require("aircher.wire.address").socket_path() end

--- Returns the project that requests are attributed to; nil if there is none.
---@return string|nil
function M.project() return require("aircher.wire.hello").project() end

--- Returns the folder that requests come from, if it is not the project.
---@return string|nil
function M.folder() return require("aircher.wire.hello").folder() end

--- Returns the message of an error, and what to do about it.
---@param err aircher.Error
---@return string
function M.explain(err) return require("aircher.errors").explain(err) end

--- Lists the variables with keys that would help against an error, and that the daemon cannot see.
---@param err aircher.Error
---@return string[]
function M.unseen_variables(err) return require("aircher.errors").unseen_variables(err) end

--- Returns the connection that everything in this Neovim shares; see lua/aircher/connection.lua.
---@return aircher.Connection
function M.connection() return require("aircher.connection").get() end

return M
