--- One socket: whole frames out, whole frames in, on Neovim's main loop. It knows no method.
---
--- Bytes are decoded as they arrive. What was decoded waits in a queue, from which frames are handed
--- on for at most TURN_MS at a time, so that keys and redraws come between. While the queue is long
--- nothing more is read: then the daemon waits, too.
local peer = require("aircher.wire.peer")

local uv, mpack = vim.uv or vim.loop, vim.mpack
local M = {}

local TURN_MS = 8
local PAUSE_MS = 4
local MAX_QUEUED_BYTES = 2 * 1024 * 1024
local MAX_FRAME = 32 * 1024 * 1024

---@class aircher.PipeHandlers
---@field on_open fun() connected, and the right process answers: frames can be sent
---@field on_frame fun(frame: table)
---@field on_close fun(err: aircher.Error) the connection ended, or could not be opened

---@class aircher.Pipe
---@field send fun(bytes: string)
---@field close fun() ends the connection; no handler is called any more
---@field peer_pid integer|nil

--- Collects frames, and hands them on in turns.
---@param on_frame fun(frame: table)
---@param on_empty fun() nothing is left
local function new_queue(on_frame, on_empty)
  local queue = { bytes = 0, is_closed = false }
  local frames, first, last, is_scheduled = {}, 1, 0, false
  local timer = uv.new_timer()
  local run

  local function take()
    local entry = frames[first]
    frames[first] = nil
    first = first + 1
    queue.bytes = queue.bytes - entry.bytes
    local ok, err = xpcall(on_frame, debug.traceback, entry.frame)
    if not ok then
      vim.schedule(function() error(err, 0) end) -- shown, and the next frames still arrive
    end
  end

  run = function()
    local deadline = uv.hrtime() + TURN_MS * 1e6
    while first <= last and not queue.is_closed do
      take()
      if first <= last and uv.hrtime() >= deadline then
        return timer:start(PAUSE_MS, 0, vim.schedule_wrap(run))
      end
    end
    is_scheduled = false
    if not queue.is_closed then
      on_empty()
    end
  end

  function queue.wake()
    if not is_scheduled and not queue.is_closed then
      is_scheduled = true
      vim.schedule(run)
    end
  end

  function queue.put(frame, bytes)
    last = last + 1
    frames[last] = { frame = frame, bytes = bytes }
    queue.bytes = queue.bytes + bytes
  end

  function queue.close()
    if not queue.is_closed then
      queue.is_closed = true
      timer:close()
    end
  end

  return queue
end

--- Decodes the frames in `data`; a part of one is kept until the rest arrives.
---@param partial integer bytes of a frame that arrived before
---@return string|nil problem
---@return integer partial
local function decode(unpacker, data, put, partial)
  local position, size = 1, #data
  while position <= size do
    local before = position
    local ok, frame, next_position = pcall(unpacker, data, position)
    if not ok then
      return tostring(frame), 0
    end
    position = next_position
    partial = partial + position - before
    if partial > MAX_FRAME then
      return ("it has more than %d bytes"):format(MAX_FRAME), 0
    elseif frame ~= nil then
      if type(frame) ~= "table" or (frame[1] ~= 1 and frame[1] ~= 2) then
        return "it is neither a response nor a notification", 0
      end
      put(frame, partial)
      partial = 0
    end
  end
  return nil, partial
end

--- Connects to the socket `path`, and calls the handlers on the main loop.
---
--- Nothing is sent before it is known that the user's own daemon answers.
---@param path string
---@param handlers aircher.PipeHandlers
---@return aircher.Pipe
function M.open(path, handlers)
  local socket, unpacker = uv.new_pipe(false), mpack.Unpacker()
  local pipe, ending, is_reading, partial = {}, nil, false, 0
  local queue, read

  local function close_socket()
    if not socket:is_closing() then
      socket:close()
    end
  end

  local function finish(err)
    ending = ending or err
    close_socket()
    queue.wake()
  end

  queue = new_queue(handlers.on_frame, function()
    if ending then
      queue.close()
      handlers.on_close(ending)
    elseif not is_reading and not socket:is_closing() then
      read()
    end
  end)

  local function on_read(err, data)
    if not data then
      local why = err and (": " .. err) or ""
      return finish({ code = "connection_lost", message = "aircherd closed the connection" .. why, data = {} })
    end
    local problem
    problem, partial = decode(unpacker, data, queue.put, partial)
    if problem then
      finish({ code = "connection_lost", message = "aircherd sent an invalid frame: " .. problem, data = {} })
    elseif queue.bytes > MAX_QUEUED_BYTES then
      is_reading = false
      socket:read_stop()
    end
    queue.wake()
  end

  read = function()
    is_reading = true
    socket:read_start(on_read)
  end

  function pipe.send(bytes)
    if not socket:is_closing() then
      socket:write(bytes)
    end
  end

  function pipe.close()
    queue.close()
    close_socket()
  end

  socket:connect(path, function(refused)
    if socket:is_closing() then
      return
    end
    if refused then
      return finish({ code = "unreachable", message = "cannot connect to " .. path .. ": " .. refused, data = { system = refused } })
    end
    local problem, pid = peer.check(socket, path)
    if problem then
      return finish({ code = "unreachable", message = problem, data = {} })
    end
    pipe.peer_pid = pid
    vim.schedule(function()
      if not socket:is_closing() then
        read()
        handlers.on_open()
      end
    end)
  end)
  return pipe
end

return M
