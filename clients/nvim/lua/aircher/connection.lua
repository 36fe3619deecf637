--- The connection to the daemon. Nothing here waits: what arrives calls back on the main loop.
---
---   local connection = require("aircher.connection").get()  -- the one that this Neovim shares
---   local id = connection:request("models.list", {}, function(err, result) ... end)
---   connection:cancel(id)
---   local chat = connection:chat({ messages = ... }, {
---     on_delta = function(delta) ... end,          -- in order
---     on_done = function(err, result) ... end,     -- once, after the last delta
---   })
---   chat:cancel()                                  -- closes the upstream at once; on_done gets `cancelled`
---   local subscription = connection:subscribe({ "models" }, {
---     on_snapshot = function(snapshot) ... end,    -- {topic = state}; again whenever events may be missing
---     on_event = function(event) ... end,
---   })
---   subscription:close()
---
--- It is opened by the first request, which also starts the daemon if none runs. While there are
--- subscriptions it is opened again by itself. A request under way when it ends fails at once with the
--- code `connection_lost`, and is never sent again. Where no connection can be made, the code is
--- `unreachable`.
---
--- Keys whose value the protocol gives as nil at the top of a result (`usage`, `cost`) are left out.
local errors = require("aircher.errors")
local events = require("aircher.status.events")
local hello = require("aircher.wire.hello")
local links = require("aircher.wire.link")
local peer = require("aircher.wire.peer")
local subscriptions = require("aircher.wire.subscriptions")
local version = require("aircher.wire.version")
local versions = require("aircher.wire.versions")

local uv, mpack = vim.uv or vim.loop, vim.mpack
local M = {}

local MAX_ID = 2 ^ 32 - 1
local MAX_FRAME = 32 * 1024 * 1024
local HELLO_MS = 10000
local SERVICE_MS = 60000 -- systemd listens, and starts the daemon
local CANCEL_MS = 2000
local FIRST_RETRY_MS, LAST_RETRY_MS = 200, 5000

---@alias aircher.State "closed"|"connecting"|"open"
---@alias aircher.Callback fun(err: aircher.Error|nil, result: any)

---@class aircher.Connection
---@field state aircher.State
---@field server table the result of `hello`; empty until it has arrived
local Connection = {}
Connection.__index = Connection

---@class aircher.Chat
---@field id integer
---@field is_done boolean
local Chat = {}
Chat.__index = Chat

local function failure(code, message, data) return { code = code, message = message, data = data or {} } end

--- Runs a callback on its own: an error in it is shown, and nothing else is kept from running.
local function call_soon(callback, ...)
  local arguments, count = { ... }, select("#", ...)
  vim.schedule(function() callback(unpack(arguments, 1, count)) end)
end

--- Creates a connection of its own, which is not shared: for a plugin with its own name, or another socket.
---@param opts {name: string|nil, version: string|nil, path: string|nil, autostart: boolean|nil}|nil
---@return aircher.Connection
function M.new(opts)
  opts = opts or {}
  local self = setmetatable({
    state = "closed",
    server = {},
    _client = { name = opts.name or "nvim", version = opts.version or version },
    _path = opts.path,
    _may_start = opts.autostart ~= false,
    _last_id = 0,
    _pending = {}, -- id -> callback
    _unsent = {}, -- frames that wait for the connection
    _chats = {}, -- id -> Chat
    _on_notification = {},
    _on_state = {},
    _passed_notices = {},
    _retry_ms = FIRST_RETRY_MS,
  }, Connection)
  self._subscriptions = subscriptions.new(function(method, params, callback)
    self:_request(method, params, callback, false)
  end)
  return self
end

local shared

--- Returns the connection that everything in this Neovim shares. It is not opened by this.
---@return aircher.Connection
function M.get()
  if not shared then
    shared = M.new()
    shared:on_notices(function(notices)
      for _, notice in ipairs(notices) do
        vim.notify("aircher: " .. notice.message, vim.log.levels.WARN)
      end
    end)
    shared:on_state(function(state, err)
      if state == "open" then
        events.emit("AircherConnected", { version = shared:daemon_version() })
      elseif state == "closed" then
        events.emit("AircherDisconnected", { message = err.message })
      end
    end)
  end
  return shared
end

-- ------------------------------------------------------------------------------------ requests

function Connection:_next_id()
  repeat
    self._last_id = self._last_id < MAX_ID and self._last_id + 1 or 1
  until not self._pending[self._last_id]
  return self._last_id
end

--- Sends a request; `may_start` tells whether a daemon is started for it.
function Connection:_request(method, params, callback, may_start)
  local id = self:_next_id()
  local frame = mpack.encode({ 0, id, method, { params or {} } })
  if #frame > MAX_FRAME then
    local message = ("the request has %d bytes; the limit is %d"):format(#frame, MAX_FRAME)
    call_soon(callback, failure("bad_request", message))
    return id
  end
  self._pending[id] = callback
  if self:_is_open() then
    self._link:send(frame)
  else
    table.insert(self._unsent, frame)
    self:_open(may_start)
  end
  return id
end

--- Sends a request, and calls back with its error or its result, never before this returns.
---@param method string
---@param params table|nil
---@param callback aircher.Callback|nil
---@return integer id for `cancel`
function Connection:request(method, params, callback)
  self:_introduce_again(method)
  return self:_request(method, params, callback or function() end, true)
end

--- Opens the connection without a request; a daemon is not started for it.
function Connection:connect() self:_open(false) end

--- Sends a notification; without a connection there is nothing to notify of, so nothing happens.
---@param method string
---@param params table|nil
function Connection:notify(method, params)
  if self:_is_open() then
    self._link:send(mpack.encode({ 2, method, { params or {} } }))
  elseif #self._unsent > 0 then
    table.insert(self._unsent, mpack.encode({ 2, method, { params or {} } }))
  end
end

--- Cancels a request: the upstream is closed at once, and the callback gets the error `cancelled`, after 2
--- seconds also from a daemon that does not answer.
---@param id integer
function Connection:cancel(id)
  local callback = self._pending[id]
  if not callback then
    return
  end
  self:notify("$/cancel", { id = id })
  vim.defer_fn(function()
    if self._pending[id] == callback then
      self:_answer(id, failure("cancelled", "cancelled"))
    end
  end, CANCEL_MS)
end

function Connection:_answer(id, err, result)
  local callback = self._pending[id]
  if not callback then
    return
  end
  self._pending[id] = nil
  self._chats[id] = nil
  callback(err, result)
end

--- Sends a chat request.
---@param params table as in docs/protocol.md, `chat`
---@param handlers {on_delta: fun(delta: table)|nil, on_done: aircher.Callback}
---@return aircher.Chat
function Connection:chat(params, handlers)
  local chat = setmetatable({ is_done = false, _connection = self, _on_delta = handlers.on_delta }, Chat)
  chat.id = self:request("chat", params, function(err, result)
    chat.is_done = true
    handlers.on_done(err, result)
  end)
  self._chats[chat.id] = chat
  return chat
end

--- Closes the upstream at once. `on_done` gets the error `cancelled`, deltas that are on their way before it.
function Chat:cancel()
  if not self.is_done then
    self._connection:cancel(self.id)
  end
end

-- ------------------------------------------------------------------------------------ listeners

local function add(listeners, listener)
  table.insert(listeners, listener)
  return function()
    for index, each in ipairs(listeners) do
      if each == listener then
        return table.remove(listeners, index)
      end
    end
  end
end

--- Calls all listeners; an error in one of them is shown, and keeps nothing else from happening.
local function call_all(listeners, ...)
  for _, listener in ipairs(vim.list_extend({}, listeners)) do
    local ok, err = xpcall(listener, debug.traceback, ...)
    if not ok then
      vim.schedule(function() error(err, 0) end)
    end
  end
end

--- Calls `listener(method, params)` for each notification, chat deltas and events included.
---@param listener fun(method: string, params: table)
---@return fun() remove
function Connection:on_notification(listener) return add(self._on_notification, listener) end

--- Calls `listener(state, err)` when the state changes; `err` is why it is closed.
---@param listener fun(state: aircher.State, err: aircher.Error|nil)
---@return fun() remove
function Connection:on_state(listener) return add(self._on_state, listener) end

--- Calls `listener(notices)` with the notices of the daemon that were not passed on before.
---@param listener fun(notices: {code: string, message: string}[])
function Connection:on_notices(listener) self._on_notices = listener end

function Connection:_set_state(state, err)
  if self.state ~= state then
    self.state = state
    call_all(self._on_state, state, err)
  end
end

-- ------------------------------------------------------------------------------------ subscriptions

--- Subscribes to topics, again after each reconnection, until the subscription is closed.
---
--- `on_snapshot` gets the state of the topics now, whenever events may have been lost. `on_error` is called
--- for a topic that the daemon does not know or does not allow; the others work. No daemon is started for
--- a subscription: where none runs, it begins when one does.
---@param topics string[]
---@param handlers {on_snapshot: fun(snapshot: table)|nil, on_event: fun(event: table)|nil, on_error: fun(err: aircher.Error, topic: string)|nil}
---@return aircher.Subscription
function Connection:subscribe(topics, handlers)
  return self._subscriptions:add(topics, handlers)
end

-- ------------------------------------------------------------------------------------ frames

local function without_nil(result)
  if type(result) ~= "table" then
    return result ~= vim.NIL and result or nil
  end
  for key, value in pairs(result) do
    if value == vim.NIL then
      result[key] = nil
    end
  end
  return result
end

function Connection:_take_notification(method, params)
  if method == "error" then
    self._close_reason = errors.parse(params)
  elseif method == "event" then
    self._subscriptions:take(params)
  elseif method == "chat.delta" then
    local chat = self._chats[params.id]
    if chat and chat._on_delta then
      chat._on_delta(params)
    end
  end
  call_all(self._on_notification, method, params)
end

function Connection:_take_frame(frame)
  if frame[1] == 1 then
    local err = frame[3] ~= vim.NIL and errors.parse(frame[3]) or nil
    if err then
      return self:_answer(frame[2], versions.explain(err, self:daemon_version()))
    end
    self:_answer(frame[2], nil, without_nil(frame[4]))
  elseif frame[1] == 2 and type(frame[3]) == "table" then
    self:_take_notification(frame[2], type(frame[3][1]) == "table" and frame[3][1] or {})
  end
end

-- ------------------------------------------------------------------------------------ opening and closing

--- The version of the daemon; nil until it is known.
---@return string|nil
function Connection:daemon_version()
  local server = self.server.server
  return type(server) == "table" and server.version or nil
end

function Connection:_is_open() return self._link ~= nil and self._link.is_open end

--- Begins to connect; `may_start` tells whether a daemon is started where none answers.
function Connection:_open(may_start)
  may_start = may_start and self._may_start
  if self._link then
    self._link.may_start = self._link.may_start or may_start
    return
  end
  self._link = links.open(self._path, may_start, {
    on_open = function() self:_introduce() end,
    on_frame = function(frame) self:_take_frame(frame) end,
    on_closed = function(err) self:_closed(err) end,
  })
  self:_set_state("connecting")
end

function Connection:_hello_frame(callback)
  local id = self:_next_id()
  self._pending[id] = callback
  local params = hello.params(self._client)
  self._introduced_as = { params.project, params.folder }
  return mpack.encode({ 0, id, "hello", { params } })
end

--- Says hello, and sends what waited for the connection.
function Connection:_introduce()
  local link = self._link
  self._retry_ms = FIRST_RETRY_MS
  link:send(self:_hello_frame(function(err, result) self:_greeted(link, err, result) end))
  for _, frame in ipairs(self._unsent) do
    link:send(frame)
  end
  self._unsent = {}
  self._subscriptions:resume()
  local patience = peer.is_systemd(link:peer_pid() or 0) and SERVICE_MS or HELLO_MS
  vim.defer_fn(function()
    if self._link == link and self.state == "connecting" then
      link:close()
      self:_closed(failure("unreachable", "aircherd accepts connections but does not answer: it hangs or is stopped"))
    end
  end, patience)
end

function Connection:_greeted(link, err, result)
  if self._link ~= link or (err and err.code == "connection_lost") then
    return
  end
  self.server = type(result) == "table" and result or {}
  self:_set_state("open")
  local notices = vim.list_extend({}, self.server.notices or {})
  local notice = versions.notice(self:daemon_version())
  if notice then
    table.insert(notices, { code = "version_differs", message = notice })
  end
  self:_pass_notices(notices)
end

--- Passes on those that were not passed on before, after a reconnection for example.
function Connection:_pass_notices(notices)
  local passed = self._passed_notices
  local new = vim.tbl_filter(function(notice) return not passed[notice.message] end, notices)
  if #new == 0 or not self._on_notices then
    return
  end
  for _, notice in ipairs(new) do
    passed[notice.message] = true
  end
  self._on_notices(new)
end

--- Says hello again before a chat, if the working directory belongs to another project by now.
function Connection:_introduce_again(method)
  if not self:_is_open() or not (method == "chat" or method == "chat.start" or method == "route.explain") then
    return
  end
  local known = self._introduced_as
  if known[1] ~= hello.project() or known[2] ~= hello.folder() then
    self._link:send(self:_hello_frame(function(err, result)
      if not err then
        self.server = result
      end
    end))
  end
end

function Connection:_closed(err)
  err = self._close_reason or err
  self._close_reason = nil
  self._link, self._unsent = nil, {}
  local pending = self._pending
  self._pending, self._chats = {}, {}
  self._subscriptions:suspend()
  self:_set_state("closed", err)
  local ids = vim.tbl_keys(pending)
  table.sort(ids)
  for _, id in ipairs(ids) do
    call_soon(pending[id], err)
  end
  self:_open_later()
end

--- Opens the connection again after a pause, while there are subscriptions. A daemon is not started for it, as
--- the user may have stopped it.
function Connection:_open_later()
  if self._is_waiting or self._subscriptions:is_empty() then
    return
  end
  self._is_waiting = true
  vim.defer_fn(function()
    self._is_waiting = false
    if not self._subscriptions:is_empty() then
      self:_open(false)
    end
  end, self._retry_ms)
  self._retry_ms = math.min(self._retry_ms * 2, LAST_RETRY_MS)
end

--- Ends the connection and its subscriptions: the daemon cancels its requests, whose callbacks get
--- `connection_lost`. The next request opens it again.
function Connection:close()
  self._subscriptions:clear()
  if self._link then
    self._link:close()
    self:_closed(failure("connection_lost", "the connection was closed"))
  end
end

return M
