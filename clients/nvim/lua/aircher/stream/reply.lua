--- One answer on its way: sends the request, says what arrives, offers to sign in, and ends once.
local connection = require("aircher.connection")
local errors = require("aircher.errors")
local options = require("aircher.options")
local typing = require("aircher.view.typing")
local words = require("aircher.stream.words")

local M = {}

---@class aircher.Outcome
---@field state "done"|"stopped"|"failed"|"incomplete" the last one is a failure after a part of the answer
---@field note string which model answered, or what went wrong
---@field result table|nil of the chat
---@field err aircher.Error|nil
---@field has_thoughts boolean|nil there is thinking above the answer
---@field is_gone boolean|nil its buffer is gone, or cannot be changed

---@class aircher.ReplyHandlers
---@field buf integer the buffer that waits for it: `stop` looks there first
---@field on_text fun(text: string)
---@field on_thinking fun(text: string)?
---@field on_note fun(sentence: string)? a fallback
---@field on_status fun(words: string)? what it does until the text begins
---@field on_end fun(outcome: aircher.Outcome) once

---@class aircher.Reply
---@field buf integer
local Reply = {}
Reply.__index = Reply

---@type aircher.Reply[] those under way, the oldest first
local running = {}

--- Sends a chat request.
---@param request table
---@param handlers aircher.ReplyHandlers
---@return aircher.Reply
function M.start(request, handlers)
  local reply = setmetatable({ buf = handlers.buf, request = request, handlers = handlers, bytes = 0 }, Reply)
  table.insert(running, reply)
  reply:send()
  return reply
end

--- The answer that arrives in a buffer; nil if there is none.
---@param buf integer
---@return aircher.Reply|nil
function M.running_in(buf)
  for _, reply in ipairs(running) do
    if reply.buf == buf then
      return reply
    end
  end
end

--- Stops the answers of a buffer; without any there, the one that was asked for last.
---@param buf integer
---@return boolean whether there was one
function M.stop(buf)
  local stopped = false
  while M.running_in(buf) do
    M.running_in(buf):stop()
    stopped = true
  end
  if not stopped and #running > 0 then
    running[#running]:stop()
    stopped = true
  end
  return stopped
end

--- How many answers are on their way.
---@return integer
function M.count() return #running end

function Reply:send()
  self.failed, self.has_begun = {}, false
  self:say("waiting for an answer")
  self.chat = connection.get():chat(self.request, {
    on_delta = function(delta)
      if not self.is_over then
        self:take(delta)
      end
    end,
    on_done = function(err, result)
      if not self.is_over then
        self:done(err, result)
      end
    end,
  })
end

--- Ends it now; what arrived is kept, and the provider's connection is closed at once.
function Reply:stop() self:cut("stopped", "stopped, the answer is not complete") end

function Reply:cut(state, note)
  if not self.is_over then
    self.chat:cancel()
    self:finish({ state = state, note = note })
  end
end

function Reply:say(text)
  if self.handlers.on_status then
    self.handlers.on_status(text)
  end
end

local TAKE = {}

function TAKE.text(self, delta)
  if not self.has_begun then
    self.has_begun = true
    self:tell_fallback()
  end
  self:add(self.handlers.on_text, delta.text)
end

function TAKE.reasoning(self, delta)
  if self.bytes == 0 then
    self:say("thinking")
  end
  self:add(self.handlers.on_thinking, delta.text)
end

function TAKE.attempt(self, delta)
  if delta.outcome == "trying" then
    self.trying = delta
  elseif delta.outcome == "waiting" then
    self:say(("waiting for %s"):format(delta.provider))
  elseif delta.outcome == "skipped" and not delta["until"] then
    return -- one that the user has not set up is no news
  elseif delta.outcome ~= "ok" then
    table.insert(self.failed, delta)
    self:say(words.failure(delta))
  end
end

function Reply:take(delta)
  local take = TAKE[delta.type]
  if take then
    take(self, delta)
  end
end

function Reply:add(handler, text)
  if type(text) ~= "string" then
    return
  end
  local limit = options.get().max_reply_bytes
  self.bytes = self.bytes + #text
  if handler then
    handler(text)
  end
  if self.bytes > limit then
    local note = "stopped: the answer is longer than %s (option max_reply_bytes)"
    self:cut("incomplete", note:format(words.size(limit)))
  end
end

function Reply:tell_fallback()
  if #self.failed > 0 and self.handlers.on_note then
    self.handlers.on_note(words.fallback(self.failed, self.trying))
  end
  self.failed = {}
end

--- Offers to sign in, and goes on with the same request; false if that would not help.
function Reply:offer_sign_in(err)
  if self.has_begun or type(err.data) ~= "table" or not err.data.sign_in then
    return false
  end
  self:say("not signed in")
  local function retry(change)
    if not self.is_over then
      self.request = vim.tbl_extend("force", self.request, change)
      self:send()
    end
  end
  local function refuse()
    if not self.is_over then
      self:fail(err)
    end
  end
  local sign_in = require("aircher.sign_in")
  if #sign_in.choices(err) == 0 then
    return false
  end
  typing.after_pause(function()
    -- It may have been stopped meanwhile.
    if not self.is_over then
      sign_in.offer(err, retry, refuse)
    end
  end)
  return true
end

function Reply:done(err, result)
  if not err then
    self:finish({ state = "done", note = words.answered(result), result = result })
  elseif not self:offer_sign_in(err) then
    self:fail(err)
  end
end

function Reply:fail(err)
  local state = self.has_begun and "incomplete" or "failed"
  local message = errors.explain(err)
  local note = self.has_begun and "the answer is incomplete: " .. message or message
  self:finish({ state = state, note = note, err = err })
end

function Reply:finish(outcome)
  self.is_over = true
  for index, reply in ipairs(running) do
    if reply == self then
      table.remove(running, index)
      break
    end
  end
  self.handlers.on_end(outcome)
end

return M
