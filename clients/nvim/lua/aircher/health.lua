--- `:checkhealth aircher`
local address = require("aircher.wire.address")
local connections = require("aircher.connection")
local marks = require("aircher.marks")
local peer = require("aircher.wire.peer")
local start = require("aircher.wire.start")
local version = require("aircher.wire.version")
local versions = require("aircher.wire.versions")

local health = vim.health or require("health") -- the latter in Neovim 0.7
local M = {}

local WAIT_MS = 5000

-- The names before Neovim 0.10.
local begin = health.start or health.report_start
local ok = health.ok or health.report_ok
local info = health.info or health.report_info
local warn = health.warn or health.report_warn
local fail = health.error or health.report_error

--- Calls a method, and waits for it: a health check is shown when it is complete.
local function call(connection, method, params)
  local answer
  connection:request(method, params, function(err, result) answer = { err = err, result = result } end)
  vim.wait(WAIT_MS, function() return answer end, 5)
  return answer or { err = { code = "timeout", message = "aircherd does not answer" } }
end

local function check_editor()
  begin("aircher: Neovim")
  if vim.fn.has("nvim-0.7") == 0 then
    return fail("Neovim 0.7 or later is needed")
  end
  ok("Neovim " .. tostring(vim.version and ("%d.%d.%d"):format(vim.version().major, vim.version().minor, vim.version().patch)))
  if not vim.mpack then
    fail("this Neovim has no vim.mpack, which is needed")
  end
  if peer.can_ask_kernel then
    ok("LuaJIT: the kernel is asked which process answers at the socket")
  else
    warn("without LuaJIT the kernel cannot be asked which process answers: owner and mode of the socket are checked instead")
  end
  if not vim.g.loaded_aircher then
    warn("plugin/aircher.lua was not loaded, so there are no commands: 'runtimepath' must have the folder clients/nvim")
  end
end

local function check_cli()
  begin("aircher: the command line")
  local command = start.command()
  local program = start.program()
  if not program then
    return warn(command[1] .. " is not in PATH, so the daemon cannot be started from here", {
      "pipx install aircher",
      "or name it with the option `command`, see :help aircher-options",
    })
  end
  ok(program)
  local refusal = start.refusal()
  if refusal then
    info("the daemon is not started from here: " .. refusal)
  end
end

local function check_socket()
  begin("aircher: the socket")
  local path, problem = address.socket_path()
  if not path then
    return fail(problem)
  end
  local fault, is_missing = address.problem(path)
  if fault then
    return fail(fault)
  elseif is_missing then
    info(path .. ": its directory does not exist yet; the daemon makes it")
    return path
  end
  ok(path .. ": its directory is yours alone")
  return path
end

local function report_config(config)
  if config.ok and config.file == "" then
    return ok("configuration: it is on that machine")
  elseif config.ok then
    return ok("configuration: " .. config.file .. (config.exists and "" or " (none yet, all defaults)"))
  end
  local problem = config.problem or {}
  local lines = { "the configuration is invalid: " .. tostring(problem.message) }
  for _, each in ipairs(problem.problems or {}) do
    table.insert(lines, ("%s:%d: %s: %s"):format(each.file, each.line, each.path, each.message))
  end
  fail(table.concat(lines, "\n"), { "aircher-cli config check" })
end

local function report_providers(rows)
  local usable, missing = 0, {}
  for _, row in ipairs(rows) do
    local mark = marks.of(row)
    if mark.answers then
      usable = usable + 1
      ok(("%s: %s"):format(row.provider, mark.word))
    elseif mark == marks.NOT_CONFIGURED or mark == marks.STOPPED then
      table.insert(missing, row.provider)
    else
      warn(("%s: %s%s"):format(row.provider, mark.word, row.reason and (", " .. row.reason) or ""), {
        ":AircherLogin " .. row.provider,
      })
    end
  end
  if #missing > 0 then
    info("not signed in, or not running: " .. table.concat(missing, ", "))
  end
  if usable == 0 then
    warn("no provider can answer yet", { ":AircherLogin" })
  end
end

local function check_daemon(path)
  begin("aircher: the daemon")
  local connection = connections.new({ path = path, autostart = false })
  local answer = call(connection, "status", { keyring = false })
  if answer.err and answer.err.code == "unreachable" then
    connection:close()
    return info(answer.err.message .. ". It is started at the first need, for example by :AircherLogin")
  elseif answer.err then
    connection:close()
    return fail(answer.err.message)
  end
  local status = answer.result
  local elsewhere = status.socket == "" -- through a forward
  local where = elsewhere and "on another machine" or ("as process %d"):format(status.pid)
  ok(("aircherd %s runs %s"):format(status.version, where))
  local differs = versions.notice(status.version)
  if differs then
    warn(differs)
  else
    ok("it is of the same version as this plugin, " .. version)
  end
  report_config(status.config)
  report_providers(status.providers)
  local default = status.default or {}
  if default.model then
    ok("default model: " .. default.model)
  else
    info("there is no default model" .. (default.problem and (": " .. default.problem) or "") .. "; :AircherModel chooses one")
  end
  connection:close()
end

--- Checks everything that aircher needs in Neovim.
function M.check()
  check_editor()
  check_cli()
  local path = check_socket()
  if path then
    check_daemon(path)
  end
end

return M
