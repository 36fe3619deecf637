--- Shows what an edit would change, and changes what is accepted. Until then the text stays as it is.
---
--- What goes is highlighted, and what comes is shown below it as virtual lines. Each hunk has a mark that
--- moves with the text around it. It is replaced only if its old lines are still there.
local hunks = require("aircher.edit.hunks")
local messages = require("aircher.view.messages")
local options = require("aircher.options")

local api, tell = vim.api, messages.tell
local M = {}

local MAX_SHOWN = 200 -- virtual lines of a hunk
local MAX_WIDTH = 500 -- bytes of a virtual line
local NO_EDIT = "there is no edit to review in this buffer"
local NAMESPACE = api.nvim_create_namespace("aircher_edit")
local KEYS = {
  ga = "accept",
  gr = "reject",
  gA = "accept-all",
  gR = "reject-all",
  ["]c"] = "next-hunk",
  ["[c"] = "previous-hunk",
}

---@class aircher.Review
---@field buf integer
---@field hunks table[] those that are open, in their order
local Review = {}
Review.__index = Review

---@type table<integer, aircher.Review> by buffer
local reviews = {}

--- A virtual line: control characters as a buffer shows them, and not more than a screen can hold.
local function virtual_line(text, tabstop)
  local shown = #text > MAX_WIDTH and text:sub(1, MAX_WIDTH) .. "…" or text
  -- A text with a NUL is none for a function of Vim.
  shown = shown:gsub("%z", "^@"):gsub("\t", (" "):rep(tabstop))
  -- Of what reverses text, this mark is the one that Neovim takes for printable.
  return { { vim.fn.strtrans((shown:gsub("\216\156", "<061c>"))), "DiffAdd" } }
end

local function virtual_lines(lines, tabstop)
  local shown = {}
  for number = 1, math.min(#lines, MAX_SHOWN) do
    table.insert(shown, virtual_line(lines[number], tabstop))
  end
  if #lines > MAX_SHOWN then
    local more = ("… %d more lines: :AircherDiff shows all of them"):format(#lines - MAX_SHOWN)
    table.insert(shown, { { more, "Comment" } })
  end
  return shown
end

--- Marks a hunk: its place and its old lines, and below them the new ones.
local function mark(buf, row, hunk)
  local last = row + #hunk.old - 1
  hunk.is_first = last < 0
  local place, count = { hl_mode = "combine" }, api.nvim_buf_line_count(buf)
  if #hunk.old > 0 then
    place.end_row, place.end_col = last, #api.nvim_buf_get_lines(buf, last, last + 1, false)[1]
    place.hl_group, place.hl_eol = "DiffDelete", true
  end
  local marks = { place = api.nvim_buf_set_extmark(buf, NAMESPACE, math.min(row, count), 0, place) }
  if #hunk.new > 0 then
    marks.new = api.nvim_buf_set_extmark(buf, NAMESPACE, math.max(last, 0), 0, {
      virt_lines = virtual_lines(hunk.new, vim.bo[buf].tabstop),
      virt_lines_above = hunk.is_first,
    })
  end
  return marks
end

--- Hides the new lines of all hunks, or shows them again.
function Review:show_new(is_shown)
  for _, hunk in ipairs(self.hunks) do
    local at = hunk.marks.new and api.nvim_buf_get_extmark_by_id(self.buf, NAMESPACE, hunk.marks.new, {})
    if at and at[1] then
      api.nvim_buf_set_extmark(self.buf, NAMESPACE, at[1], 0, {
        id = hunk.marks.new,
        virt_lines = is_shown and virtual_lines(hunk.new, vim.bo[self.buf].tabstop) or nil,
        virt_lines_above = hunk.is_first,
      })
    end
  end
end

function Review:row(hunk) return api.nvim_buf_get_extmark_by_id(self.buf, NAMESPACE, hunk.marks.place, {})[1] end

function Review:clear(hunk)
  for _, id in pairs(hunk.marks) do
    api.nvim_buf_del_extmark(self.buf, NAMESPACE, id)
  end
  for index, each in ipairs(self.hunks) do
    if each == hunk then
      table.remove(self.hunks, index)
    end
  end
end

--- Replaces the old lines of a hunk, if they are still there.
function Review:apply(hunk)
  local row = self:row(hunk)
  local lines = row and api.nvim_buf_get_lines(self.buf, row, row + #hunk.old, false)
  if not row or not vim.deep_equal(lines, hunk.old) then
    self.changed = self.changed + 1
    return self:clear(hunk)
  end
  if self.tick == api.nvim_buf_get_changedtick(self.buf) then
    api.nvim_buf_call(self.buf, function() vim.cmd("silent! undojoin") end)
  end
  self:clear(hunk)
  api.nvim_buf_set_lines(self.buf, row, row + #hunk.old, false, hunk.new)
  self.tick = api.nvim_buf_get_changedtick(self.buf)
  self.accepted = self.accepted + 1
end

function Review:reject(hunk)
  self:clear(hunk)
  self.rejected = self.rejected + 1
end

local function unmap(buf)
  for key, action in pairs(KEYS) do
    if vim.fn.maparg(key, "n") == ("<Plug>(aircher-%s)"):format(action) then
      pcall(api.nvim_buf_del_keymap, buf, "n", key) -- it may be a map of the user's for all buffers
    end
  end
end

function Review:finish()
  reviews[self.buf] = nil
  api.nvim_buf_call(self.buf, function() unmap(self.buf) end)
  local parts = { ("%d accepted"):format(self.accepted), ("%d rejected"):format(self.rejected) }
  if self.changed > 0 then
    table.insert(parts, ("%d left out, because their lines were changed meanwhile"):format(self.changed))
  end
  tell(table.concat(parts, ", "), self.changed > 0 and vim.log.levels.WARN or vim.log.levels.INFO)
end

--- The hunk at a row; nil if there is none.
function Review:at(row)
  for _, hunk in ipairs(self.hunks) do
    local first = self:row(hunk)
    if row >= first - (#hunk.old == 0 and 1 or 0) and row < first + math.max(#hunk.old, 1) then
      return hunk
    end
  end
end

local function go_to(self, hunk)
  local row = math.min(self:row(hunk) + 1, api.nvim_buf_line_count(self.buf))
  api.nvim_win_set_cursor(0, { row, 0 })
  vim.cmd("normal! zv") -- what is in a closed fold is not seen
end

--- Moves the cursor to the next hunk, or to the one before it; around the end of the buffer.
---@param step 1|-1
function Review:go(step)
  local row, chosen = api.nvim_win_get_cursor(0)[1] - 1, nil
  for _, hunk in ipairs(self.hunks) do
    local is_after = self:row(hunk) > row
    if step == 1 and is_after and not chosen then
      chosen = hunk
    elseif step == -1 and self:row(hunk) < row then
      chosen = hunk
    end
  end
  go_to(self, chosen or self.hunks[step == 1 and 1 or #self.hunks])
end

--- Accepts or rejects: the hunk at the cursor, or all of them.
local function decide(buf, action, is_all)
  local review = reviews[buf]
  if not review then
    return tell(NO_EDIT)
  end
  local chosen = is_all and vim.list_extend({}, review.hunks) or { review:at(api.nvim_win_get_cursor(0)[1] - 1) }
  if #chosen == 0 then
    return tell("there is no hunk at the cursor: ]c goes to the next one")
  elseif action == "apply" and not vim.bo[buf].modifiable then
    return tell("the buffer is not modifiable", vim.log.levels.WARN)
  end
  for _, hunk in ipairs(chosen) do
    review[action](review, hunk)
  end
  if #review.hunks == 0 then
    return review:finish()
  end
  review:go(1)
end

---@param buf integer
---@param is_all boolean
function M.accept(buf, is_all) decide(buf, "apply", is_all) end

---@param buf integer
---@param is_all boolean
function M.reject(buf, is_all) decide(buf, "reject", is_all) end

---@param buf integer
---@param step 1|-1
function M.go(buf, step)
  if not reviews[buf] then
    return tell(NO_EDIT)
  end
  reviews[buf]:go(step)
end

--- The review in a buffer; nil if there is none.
---@param buf integer
---@return aircher.Review|nil
function M.get(buf) return reviews[buf] end

--- Shows the whole buffer beside what it would become, in Neovim's own diff, in a new tab. Until that is closed,
--- the new lines are there alone.
---@param buf integer
function M.show_diff(buf)
  local review = reviews[buf]
  if not review then
    return tell(NO_EDIT)
  end
  local lines = api.nvim_buf_get_lines(buf, 0, -1, false)
  for index = #review.hunks, 1, -1 do
    local hunk = review.hunks[index]
    local row, after = review:row(hunk), nil
    after = vim.list_slice(lines, row + #hunk.old + 1, #lines)
    lines = vim.list_extend(vim.list_extend(vim.list_slice(lines, 1, row), hunk.new), after)
  end
  vim.cmd("tab split")
  vim.cmd("diffthis")
  local proposal = api.nvim_create_buf(false, true)
  vim.bo[proposal].bufhidden = "wipe"
  vim.bo[proposal].modifiable = true
  api.nvim_buf_set_lines(proposal, 0, -1, false, lines)
  vim.cmd("rightbelow vsplit")
  api.nvim_win_set_buf(0, proposal)
  vim.bo[proposal].filetype = vim.bo[buf].filetype
  api.nvim_buf_set_name(proposal, "aircher://edit/" .. proposal)
  vim.cmd("diffthis")
  review:show_new(false)
  api.nvim_create_autocmd("BufWipeout", {
    buffer = proposal,
    callback = vim.schedule_wrap(function()
      if reviews[buf] == review and api.nvim_buf_is_loaded(buf) then
        review:show_new(true)
      end
    end),
  })
  vim.cmd("wincmd p")
end

local function map_keys(buf)
  for key, action in pairs(KEYS) do
    api.nvim_buf_set_keymap(buf, "n", key, ("<Plug>(aircher-%s)"):format(action), {
      nowait = true,
      desc = "aircher: " .. action,
    })
  end
end

--- Shows what would change in the lines from `row` on.
---@param buf integer
---@param row integer from 0
---@param old string[]
---@param new string[]
---@param goes_there boolean whether the cursor may go to the first hunk
---@return integer count of hunks
function M.show(buf, row, old, new, goes_there)
  local found = hunks.between(old, new)
  local review = setmetatable({ buf = buf, hunks = found, accepted = 0, rejected = 0, changed = 0 }, Review)
  for _, hunk in ipairs(found) do
    hunk.marks = mark(buf, row + hunk.row, hunk)
  end
  reviews[buf] = review
  api.nvim_buf_attach(buf, false, { on_detach = function() reviews[buf] = nil end })
  if options.get().keys then
    map_keys(buf)
  end
  if goes_there then
    go_to(review, found[1])
  end
  return #found
end

return M
