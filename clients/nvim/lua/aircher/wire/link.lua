--- One way to the daemon: finds the socket, checks it, connects, and starts the daemon where none answers.
local address = require("aircher.wire.address")
local pipes = require("aircher.wire.pipe")
local start = require("aircher.wire.start")

local M = {}

---@class aircher.LinkHandlers
---@field on_open fun() frames can be sent
---@field on_frame fun(frame: table)
---@field on_closed fun(err: aircher.Error) it ended, or could not be opened; never before `open` has returned

---@class aircher.Link
---@field may_start boolean whether a daemon is started where none answers; may be set while it opens
---@field is_open boolean
local Link = {}
Link.__index = Link

local function unreachable(message) return { code = "unreachable", message = message, data = {} } end

--- Whether no process listens at the socket.
local function is_no_daemon_there(err)
  local system = err.data.system or ""
  return vim.startswith(system, "ENOENT") or vim.startswith(system, "ECONNREFUSED")
end

--- Begins to open a link. `path` is that of a socket other than the user's own.
---@param path string|nil
---@param may_start boolean
---@param handlers aircher.LinkHandlers
---@return aircher.Link
function M.open(path, may_start, handlers)
  local self = setmetatable({ may_start = may_start, is_open = false, _handlers = handlers }, Link)
  vim.schedule(function() self:_open(path) end)
  return self
end

function Link:_open(path)
  if self._is_closed then
    return
  end
  local problem, is_missing
  if not path then
    path, problem = address.socket_path()
  end
  if path then
    problem, is_missing = address.problem(path)
  end
  if problem then
    self:_end(unreachable(problem))
  elseif is_missing then
    self:_start(path)
  else
    self:_connect(path)
  end
end

function Link:_connect(path)
  self._pipe = pipes.open(path, {
    on_open = function()
      self.is_open = true
      self._handlers.on_open()
    end,
    on_frame = self._handlers.on_frame,
    on_close = function(err)
      if not self.is_open and is_no_daemon_there(err) then
        return self:_start(path)
      end
      self:_end(err)
    end,
  })
end

function Link:_start(path)
  if not self.may_start then
    local message = "aircherd is not running: no process listens on " .. path
    return self:_end(unreachable(message .. ". Start it: aircher-cli daemon start"))
  end
  self.may_start = false -- once is enough
  start.start(function(problem)
    if self._is_closed then
      return
    elseif problem then
      return self:_end(unreachable(problem))
    end
    self:_open(path) -- the directory may be a new one: it is checked, too
  end)
end

function Link:_end(err)
  if not self._is_closed then
    self:close()
    self._handlers.on_closed(err)
  end
end

--- Sends a frame; only while it is open.
---@param frame string
function Link:send(frame) self._pipe.send(frame) end

--- The process at the other end; nil if it is not known.
---@return integer|nil
function Link:peer_pid() return self._pipe and self._pipe.peer_pid end

--- Ends it; no handler is called any more.
function Link:close()
  self._is_closed, self.is_open = true, false
  if self._pipe then
    self._pipe.close()
  end
end

return M
