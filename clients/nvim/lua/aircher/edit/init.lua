--- :AircherEdit: lines are replaced by an instruction, after a look at what would change.
---
--- The answer streams out of sight. The lines are followed by a mark; if they were changed meanwhile,
--- nothing is replaced, and the answer is shown beside them.
local answer_text = require("aircher.edit.answer_text")
local ask = require("aircher.ask")
local format = require("aircher.chat.format")
local keys = require("aircher.view.keys")
local messages = require("aircher.view.messages")
local options = require("aircher.options")
local replies = require("aircher.stream.reply")
local review = require("aircher.edit.review")
local window = require("aircher.view.window")
local words = require("aircher.stream.words")

local uv, api, tell = vim.uv or vim.loop, vim.api, messages.tell
local M = {}

local NAMESPACE = api.nvim_create_namespace("aircher_edit_status")
local STATUS_MS = 200
local SYSTEM = "You edit a part of a file. Reply with the text that replaces it and with nothing else: "
  .. "no explanation, and no code fence around it. Keep the indentation."

--- Puts the request together. Pure.
---@param parts {instruction: string, filetype: string, text: string, before: string, after: string}
function M.prompt(parts)
  local sections = { parts.instruction }
  local function add(title, text)
    if text ~= "" then
      table.insert(sections, title .. "\n\n" .. format.block(text, parts.filetype))
    end
  end
  add("The text before it, which stays:", parts.before)
  add("The text to replace:", parts.text)
  add("The text after it, which stays:", parts.after)
  return table.concat(sections, "\n\n")
end

local function context(buf, first, last)
  local count = options.get().edit.context_lines
  local before = api.nvim_buf_get_lines(buf, math.max(first - 1 - count, 0), first - 1, false)
  local after = api.nvim_buf_get_lines(buf, last, last + count, false)
  return table.concat(before, "\n"), table.concat(after, "\n")
end

---@class aircher.Edit
---@field buf integer
---@field old string[]
local Edit = {}
Edit.__index = Edit

--- Shows the progress at the first line, at most every STATUS_MS.
function Edit:show(text, is_due)
  local now = uv.now()
  if not is_due and now - self.shown_at < STATUS_MS then
    return
  end
  self.shown_at = now
  local row = api.nvim_buf_get_extmark_by_id(self.buf, NAMESPACE, self.mark, {})[1]
  api.nvim_buf_set_extmark(self.buf, NAMESPACE, row, 0, {
    id = self.mark,
    virt_text = { { (" aircher: %s …"):format(text), "Comment" } },
  })
end

function Edit:take(text)
  self.bytes = self.bytes + #text
  table.insert(self.pieces, text)
  self:show(words.size(self.bytes))
end

--- Shows an answer that cannot be put in its place, so that it is not lost.
local function keep(text, filetype)
  local buf = api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.bo[buf].modifiable = true
  api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(text, "\n", { plain = true }))
  window.open(buf, "split")
  vim.bo[buf].filetype = filetype
end

--- The row where the lines are now, if they are as they were sent.
function Edit:find()
  local row = api.nvim_buf_get_extmark_by_id(self.buf, NAMESPACE, self.mark, {})[1]
  local lines = row and api.nvim_buf_get_lines(self.buf, row, row + #self.old, false)
  return vim.deep_equal(lines, self.old) and row or nil
end

--- Where the user is.
local function place() return { win = api.nvim_get_current_win(), cursor = api.nvim_win_get_cursor(0) } end

--- Whether the user still waits where the edit was asked for. The cursor of someone who went on, or types, is not
--- moved.
function Edit:is_awaited()
  local is_idle = api.nvim_get_mode().mode == "n" and api.nvim_get_current_buf() == self.buf
  return is_idle and vim.deep_equal(place(), self.place)
end

--- What becomes of an answer that arrived whole.
function Edit:judge(outcome)
  local text, row = table.concat(self.pieces), self:find()
  local new = answer_text.lines(text, self.old)
  if vim.trim(text) == "" then
    return tell("the answer is empty: nothing was changed")
  elseif outcome.result.finish ~= "stop" then
    keep(text, vim.bo[self.buf].filetype)
    return tell(("the answer is not complete (%s): nothing was changed"):format(outcome.note))
  elseif vim.deep_equal(new, self.old) then
    return tell("the answer is the same text: there is nothing to change", vim.log.levels.INFO)
  elseif not row then
    keep(table.concat(new, "\n"), vim.bo[self.buf].filetype)
    return tell("the lines were changed meanwhile, so nothing was replaced: the answer is in a window of its own")
  end
  local count = review.show(self.buf, row, self.old, new, self:is_awaited())
  local hint = options.get().keys and "ga accepts, gr rejects, gA and gR all, ]c next"
    or ":AircherAccept, :AircherReject, with ! all"
  local hunks = count == 1 and "1 hunk" or count .. " hunks"
  tell(("%s: %s (%s)"):format(hunks, hint, outcome.note), vim.log.levels.INFO)
end

function Edit:finish(outcome)
  self.unmap()
  if self.is_gone or not api.nvim_buf_is_loaded(self.buf) then
    return
  end
  if outcome.state == "done" then
    self:judge(outcome)
  elseif outcome.state == "stopped" then
    tell("stopped: nothing was changed", vim.log.levels.INFO)
  else
    tell("nothing was changed: " .. outcome.note, vim.log.levels.ERROR, true)
  end
  api.nvim_buf_del_extmark(self.buf, NAMESPACE, self.mark)
end

local function refusal(buf)
  if not vim.bo[buf].modifiable then
    return "the buffer is not modifiable"
  elseif review.get(buf) then
    return "an edit waits for a decision: :AircherAccept! or :AircherReject! ends it"
  elseif replies.running_in(buf) then
    return "an answer is on its way: :AircherStop stops it"
  end
end

--- Edits lines of the current buffer.
---@param opts {instruction: string, first: integer, last: integer, model: string|nil}
function M.edit(opts)
  local buf = api.nvim_get_current_buf()
  local problem, text = refusal(buf), nil
  if not problem then
    text, problem = ask.lines(buf, opts.first, opts.last)
  end
  if problem then
    return tell(problem)
  end
  local before, after = context(buf, opts.first, opts.last)
  local prompt = M.prompt({
    instruction = opts.instruction,
    filetype = vim.bo[buf].filetype,
    text = text,
    before = before,
    after = after,
  })
  local edit = setmetatable({
    buf = buf,
    old = api.nvim_buf_get_lines(buf, opts.first - 1, opts.last, false),
    mark = api.nvim_buf_set_extmark(buf, NAMESPACE, opts.first - 1, 0, {}),
    pieces = {},
    bytes = 0,
    shown_at = 0,
    place = place(),
    unmap = keys.map_stop(buf),
  }, Edit)
  edit.reply = replies.start({
    model = opts.model or options.get().model,
    system = SYSTEM,
    messages = { { role = "user", content = prompt } },
  }, {
    buf = buf,
    on_text = function(piece) edit:take(piece) end,
    on_status = function(status) edit:show(status, true) end,
    on_note = function(sentence) tell(sentence, vim.log.levels.INFO) end,
    on_end = function(outcome) edit:finish(outcome) end,
  })
  api.nvim_buf_attach(buf, false, {
    on_detach = function()
      edit.is_gone = true
      edit.reply:cut("stopped", "the buffer was closed")
    end,
  })
end

return M
