--- Starts the daemon where none answers: `aircher-cli daemon start`, in the background.
local options = require("aircher.options")

local M = {}

local INSTALL = "install it with 'pipx install aircher', or say where it is with the option `command`"

--- Callers that wait for the start under way; nil if there is none.
local waiting

local function is_off(value)
  return vim.tbl_contains({ "0", "no", "off", "false" }, (value or ""):lower())
end

--- The command line of aircher-cli, as a list.
---@return string[]
function M.command()
  local command = options.get().command
  return type(command) == "table" and command or { command }
end

--- The path of the program in the command; nil if there is none.
---
--- An empty or relative part of PATH means the working directory: a folder that is edited must not bring its own.
---@return string|nil
function M.program()
  local name = M.command()[1]
  if name:find("/", 1, true) then
    local path = vim.fn.fnamemodify(name, ":p")
    return vim.fn.executable(path) == 1 and path or nil
  end
  for folder in (vim.env.PATH or ""):gmatch("[^:]+") do
    local path = folder .. "/" .. name
    if folder:sub(1, 1) == "/" and vim.fn.executable(path) == 1 then
      return path
    end
  end
end

--- Says why the daemon is not started; nil if it may be.
---@return string|nil
function M.refusal()
  if not options.get().autostart then
    return "the option `autostart` is off. Start it: aircher-cli daemon start"
  elseif is_off(vim.env.AIRCHER_AUTOSTART) then
    return "AIRCHER_AUTOSTART is off. Start it: aircher-cli daemon start"
  elseif not M.program() then
    return ("%s is not in PATH: %s"):format(M.command()[1], INSTALL)
  end
end

local function finish(problem)
  local callbacks = waiting
  waiting = nil
  for _, callback in ipairs(callbacks) do
    callback(problem)
  end
end

--- Starts the daemon, and calls back with nil when it answers, or with why it does not.
---
--- Callers at the same time share one start.
---@param callback fun(problem: string|nil)
function M.start(callback)
  local refusal = M.refusal()
  if refusal then
    return vim.schedule(function() callback("aircherd is not running, and " .. refusal) end)
  end
  if waiting then
    return table.insert(waiting, callback)
  end
  waiting = { callback }
  local said = {}
  local command = vim.list_extend(vim.list_extend({}, M.command()), { "daemon", "start" })
  command[1] = M.program()
  local function collect(_, lines) vim.list_extend(said, lines) end
  local job = vim.fn.jobstart(command, {
    stderr_buffered = true,
    on_stderr = collect,
    on_exit = function(_, code)
      local message = vim.trim(table.concat(said, "\n"))
      finish(code ~= 0 and (message ~= "" and message or "aircherd could not be started (exit code " .. code .. ")") or nil)
    end,
  })
  if job <= 0 then
    finish("cannot run " .. command[1] .. ": " .. INSTALL)
  end
end

return M
