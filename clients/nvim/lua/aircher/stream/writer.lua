--- Writes text that arrives in pieces into a buffer, without making anyone wait.
---
--- Pieces are collected. About every 30 ms a timer puts them into the buffer, a bounded part of them a
--- turn, so that keys and redraws come between. What does not fit comes in the next turn.
---
--- * The place is an extmark, so the text goes on in the right place while people edit around it.
--- * Turns make one step of undo, as long as nothing else changes the buffer between them.
--- * A cursor in the last line follows, as in a terminal. One elsewhere stays, and so does what it sees.
--- * A line that grows long costs a redraw of all of it. Then turns become rarer where such a line is
---   wrapped; in buffers of aircher's own it is neither wrapped nor highlighted.
local pieces = require("aircher.stream.pieces")

local uv, api = vim.uv or vim.loop, vim.api
local M = {}

M.PAUSE_MS = 30
M.STEP_BYTES = 4 * 1024 -- put into the buffer at once
M.STEP_LINES = 200
M.TURN_BYTES = 16 * 1024
M.TURN_LINES = 400
M.TURN_MS = 4
M.LONG_LINE = 16 * 1024
M.LONG_PAUSE_MS = 500
M.FOLLOWED_LINE = 4 * 1024 -- in a longer one the cursor stays at the beginning

M.namespace = api.nvim_create_namespace("aircher")

---@class aircher.Writer
---@field buf integer
---@field turns {count: integer, bytes: integer, lines: integer} how many, and the largest
local Writer = {}
Writer.__index = Writer

---@class aircher.WriterOptions
---@field on_gone fun(why: string)? the buffer is gone, or cannot be changed; nothing more is written
---@field is_own boolean? the windows that show the buffer are aircher's own
---@field is_joined boolean? the text belongs to the step of undo of the change before it
---@field keeps_unmodified boolean? while the buffer has no name, the text alone does not make it modified

--- Begins to write into a buffer.
---@param buf integer
---@param row integer from 0
---@param col integer bytes
---@param options aircher.WriterOptions?
---@return aircher.Writer
function M.open(buf, row, col, options)
  options = options or {}
  local writer = setmetatable({
    buf = buf,
    pieces = pieces.new(),
    timer = uv.new_timer(),
    on_gone = options.on_gone or function() end,
    is_own = options.is_own or false,
    keeps_unmodified = options.keeps_unmodified or false,
    is_scheduled = false,
    is_closed = false,
    wait = M.PAUSE_MS,
    tick = options.is_joined and api.nvim_buf_get_changedtick(buf) or nil,
    turns = { count = 0, bytes = 0, lines = 0 },
  }, Writer)
  writer.mark = api.nvim_buf_set_extmark(buf, M.namespace, row, col, {})
  writer.start = api.nvim_buf_set_extmark(buf, M.namespace, row, col, { right_gravity = false })
  return writer
end

--- Adds text, which is written later.
---@param text string
function Writer:push(text)
  if not self.is_closed then
    self.pieces:push(text)
    self:schedule(self.wait)
  end
end

--- Calls `callback` when all text is in the buffer. Nothing can be added any more.
---@param callback fun()
function Writer:finish(callback)
  if self.is_closed then
    return callback()
  end
  self.pieces:finish()
  self.on_written = callback
  self:schedule(0)
end

--- Forgets what was not written yet.
function Writer:drop() self.pieces = pieces.new() end

--- Forgets what was not written yet, and ends.
function Writer:close()
  if not self.is_closed then
    self.is_closed = true
    self.timer:close()
    if api.nvim_buf_is_valid(self.buf) then
      self.last_row, self.last_col = self:position()
      api.nvim_buf_del_extmark(self.buf, M.namespace, self.mark)
      api.nvim_buf_del_extmark(self.buf, M.namespace, self.start)
    end
  end
end

--- Where the next text goes: row from 0, and bytes.
---@return integer row
---@return integer col
function Writer:position()
  if self.last_row then
    return self.last_row, self.last_col
  end
  local at = api.nvim_buf_get_extmark_by_id(self.buf, M.namespace, self.mark, {})
  return at[1], at[2]
end

--- The row in which the text begins.
---@return integer
function Writer:first_row()
  return api.nvim_buf_get_extmark_by_id(self.buf, M.namespace, self.start, {})[1]
end

function Writer:schedule(pause)
  if not self.is_scheduled and not self.is_closed then
    self.is_scheduled = true
    self.timer:start(pause, 0, vim.schedule_wrap(function()
      self.is_scheduled = false
      if not self.is_closed then
        self:turn()
      end
    end))
  end
end

function Writer:fail(why)
  self:close()
  self.on_gone(why)
end

--- The windows whose cursor is in the last line, and may be moved: not while someone types, selects or
--- enters a command there.
local function following(buf)
  local last, mode, current = api.nvim_buf_line_count(buf), api.nvim_get_mode().mode, api.nvim_get_current_win()
  return vim.tbl_filter(function(win)
    return api.nvim_win_get_cursor(win)[1] == last and (win ~= current or mode == "n")
  end, vim.fn.win_findbuf(buf))
end

local function follow(windows, buf)
  local last = api.nvim_buf_line_count(buf)
  local length = #windows > 0 and api.nvim_buf_get_offset(buf, last) - api.nvim_buf_get_offset(buf, last - 1) or 0
  for _, win in ipairs(windows) do
    api.nvim_win_set_cursor(win, { last, length < M.FOLLOWED_LINE and length or 0 })
  end
end

--- Puts text into the buffer. Without another change meanwhile it belongs to the same step of undo.
local function insert(self, text)
  local row, col = self:position()
  local lines = vim.split(text, "\n", { plain = true })
  local is_alone = self.tick == api.nvim_buf_get_changedtick(self.buf)
  local stays_unmodified = self.keeps_unmodified
    and not vim.bo[self.buf].modified
    and api.nvim_buf_get_name(self.buf) == ""
  api.nvim_buf_call(self.buf, function()
    if is_alone then
      vim.cmd("silent! undojoin")
    end
    api.nvim_buf_set_text(self.buf, row, col, row, col, lines)
  end)
  if stays_unmodified then
    vim.bo[self.buf].modified = false
  end
  self.tick = api.nvim_buf_get_changedtick(self.buf)
  return #lines - 1
end

--- Writes what waits, as far as it fits into a turn.
---@return boolean whether all of it could be written, as far as the buffer is concerned
function Writer:write_some()
  local deadline, bytes, lines = uv.hrtime() + M.TURN_MS * 1e6, 0, 0
  while bytes < M.TURN_BYTES and lines < M.TURN_LINES and uv.hrtime() < deadline do
    local text = self.pieces:take(
      math.min(M.STEP_BYTES, M.TURN_BYTES - bytes),
      math.min(M.STEP_LINES, M.TURN_LINES - lines)
    )
    if not text then
      break
    end
    local ok, added = pcall(insert, self, text)
    if not ok then
      self.pieces:put_back(text)
      return false, added
    end
    bytes, lines = bytes + #text, lines + added
  end
  local turns = self.turns
  turns.count, turns.bytes, turns.lines = turns.count + 1, math.max(turns.bytes, bytes), math.max(turns.lines, lines)
  return true
end

--- Turns off what takes a long line again and again: of highlighting, all of it is looked at for each change.
local function stop_highlighting(buf)
  vim.bo[buf].syntax = "off"
  local highlighter = package.loaded["vim.treesitter.highlighter"] -- it is slow to load, and then not in use
  if highlighter and highlighter.active[buf] and vim.treesitter.stop then
    vim.treesitter.stop(buf)
  end
end

--- Stops wrapping this buffer in a window; what is shown there later is wrapped as before.
local function stop_wrapping(win)
  api.nvim_win_call(win, function() vim.opt_local.wrap = false end)
end

--- The pause until the next turn: longer while a long line has to be drawn again for each.
function Writer:pause()
  local row, col = self:position()
  if col < M.LONG_LINE then
    return M.PAUSE_MS
  end
  if self.is_own and not self.is_plain then
    self.is_plain = true
    stop_highlighting(self.buf)
  end
  local pause = M.PAUSE_MS
  for _, win in ipairs(vim.fn.win_findbuf(self.buf)) do
    if self.is_own and vim.wo[win].wrap then
      stop_wrapping(win)
    elseif vim.wo[win].wrap then
      pause = M.LONG_PAUSE_MS
    end
  end
  return pause
end

--- The words of an error, without the places in files before them and the stack after them.
local function without_places(problem)
  local first = tostring(problem):match("^[^\n]*")
  return (first:gsub("^.*%.lua:%d+: ", ""))
end

function Writer:turn()
  if not api.nvim_buf_is_loaded(self.buf) then
    return self:fail("the buffer is gone")
  end
  local windows = following(self.buf)
  local is_written, problem = self:write_some()
  -- Text is locked for a moment, for example while an expression is evaluated: the next turn tries again.
  local is_locked = not is_written and (tostring(problem):find("E523:") or tostring(problem):find("E565:"))
  if not is_written and not is_locked then
    return self:fail(without_places(problem))
  end
  follow(windows, self.buf)
  self.wait = self:pause()
  if self.pieces.bytes > 0 then
    return self:schedule(self.wait)
  end
  if self.on_written then
    self:close()
    self.on_written()
  end
end

return M
