--- An answer that streams into a buffer: a request, its text, and the notes around it.
local escaper = require("aircher.chat.escaper")
local format = require("aircher.chat.format")
local messages = require("aircher.view.messages")
local options = require("aircher.options")
local replies = require("aircher.stream.reply")
local writers = require("aircher.stream.writer")

local api = vim.api
local M = {}

local MAX_THOUGHT = 2000 -- bytes in a line of thinking

---@class aircher.AnswerOptions
---@field buf integer
---@field row integer
---@field col integer
---@field request table
---@field is_own boolean? it is a buffer of aircher's: with notes, escaped as a chat's answer is
---@field is_joined boolean? one step of undo with the change before it
---@field keeps_unmodified boolean? see aircher.WriterOptions
---@field tail string? what follows the answer
---@field on_end fun(outcome: aircher.Outcome, writer: aircher.Writer)? after all of it is in the buffer

---@class aircher.Answer
---@field writer aircher.Writer
---@field reply aircher.Reply
local Answer = {}
Answer.__index = Answer

--- Shows a few words where the answer will be, which are not part of the text; nil removes them.
function Answer:show_status(text)
  local buf = self.buf
  if self.status then
    api.nvim_buf_del_extmark(buf, writers.namespace, self.status)
    self.status = nil
  end
  if text then
    local row = self.writer:position()
    self.status = api.nvim_buf_set_extmark(buf, writers.namespace, row, 0, { virt_text = { { text .. " …", "Comment" } } })
  end
end

function Answer:begin_text()
  if not self.has_begun then
    self.has_begun = true
    self:end_thinking()
    self:show_status(nil)
  end
end

--- Thinking is written line by line, as notes.
function Answer:think(text)
  text = self.thought .. text
  local from = 1
  while true do
    local at = text:find("\n", from, true) or (#text - from >= MAX_THOUGHT and from + MAX_THOUGHT or nil)
    if not at then
      self.thought = text:sub(from)
      return
    end
    self:put_thought(text:sub(from, at))
    from = at + 1
  end
end

function Answer:put_thought(line)
  self.has_thoughts = true
  self.writer:push(format.note("| " .. vim.trim(line)) .. "\n")
end

function Answer:end_thinking()
  if self.thought ~= "" then
    self:put_thought(self.thought)
    self.thought = ""
  end
  if self.has_thoughts and not self.has_text then
    self.writer:push("\n")
  end
end

function Answer:text(text)
  self:begin_text()
  self.has_text = true
  self:put(self.escaper and self.escaper:feed(text) or text)
end

--- Writes a part of the answer, and keeps in mind how it ends.
function Answer:put(text)
  self.ending = (self.ending .. text:sub(-2)):sub(-2)
  self.writer:push(text)
end

--- Forgets what was not written yet. What closes the answer then depends on what is in the buffer.
function Answer:drop()
  self.writer:drop()
  if not self.is_own then
    return
  end
  local first, fence = self.writer:first_row(), nil
  for _, line in ipairs(api.nvim_buf_get_lines(self.buf, first, self.writer:position() + 1, false)) do
    fence = format.fence_after(fence, line)
  end
  self.escaper, self.ending = nil, ""
  if fence then
    self:put("\n" .. fence .. "\n")
  end
end

--- What makes an empty line after the answer.
function Answer:gap() return self.has_text and ("\n"):rep(2 - #self.ending:match("\n*$")) or "" end

function Answer:note(sentence)
  if not self.is_own then
    return messages.tell(sentence, vim.log.levels.INFO)
  end
  self:begin_text()
  self.writer:push(format.note(sentence) .. "\n\n")
end

--- What ends the text: for a buffer of the user's own, a message.
function Answer:closing(outcome)
  if self.is_own then
    self:put(self.escaper and self.escaper:finish() or "")
    self.writer:push(self:gap() .. format.note(outcome.note) .. (self.tail or ""))
  else
    local is_error = outcome.state == "failed" or outcome.state == "incomplete"
    messages.tell(outcome.note, is_error and vim.log.levels.ERROR or vim.log.levels.INFO, is_error)
  end
end

function Answer:finish(outcome)
  local function ended()
    if self.on_end then
      self.on_end(outcome, self.writer)
    end
  end
  outcome.has_thoughts = self.has_thoughts
  if self.is_gone then
    outcome.is_gone = true
    return ended()
  end
  self:begin_text()
  if outcome.state == "stopped" then
    self:drop()
  end
  self:closing(outcome)
  self.writer:finish(ended)
end

--- Sends a request, and streams its answer into a buffer. Deleting the buffer cancels it.
---@param opts aircher.AnswerOptions
---@return aircher.Answer
function M.stream(opts)
  local answer = setmetatable({
    buf = opts.buf,
    is_own = opts.is_own,
    tail = opts.tail,
    on_end = opts.on_end,
    escaper = opts.is_own and escaper.new() or nil,
    thought = "",
    ending = "",
  }, Answer)
  local function on_gone(why)
    answer.is_gone = true
    if answer.reply then
      answer.reply:cut("stopped", why)
    end
  end
  answer.writer = writers.open(opts.buf, opts.row, opts.col, {
    is_own = opts.is_own,
    is_joined = opts.is_joined,
    keeps_unmodified = opts.keeps_unmodified,
    on_gone = function(why)
      on_gone(why)
      messages.tell("stopped, because the answer cannot be written: " .. why)
    end,
  })
  api.nvim_buf_attach(opts.buf, false, {
    on_detach = function()
      -- The buffer is being unloaded: nothing may be changed in it any more.
      answer.writer:close()
      on_gone("the buffer was closed")
    end,
  })
  local shows_thinking = opts.is_own and options.get().reasoning == "folded"
  answer.reply = replies.start(opts.request, {
    buf = opts.buf,
    on_text = function(text) answer:text(text) end,
    on_thinking = shows_thinking and function(text) answer:think(text) end or nil,
    on_note = function(sentence) answer:note(sentence) end,
    on_status = function(text) answer:show_status(text) end,
    on_end = function(outcome) answer:finish(outcome) end,
  })
  return answer
end

return M
