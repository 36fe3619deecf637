-- Edits of lines against a real daemon: what is shown, and what becomes of the buffer.
local t = dofile(vim.env.AIRCHER_SUITE)
local options = require("aircher.options")
local replies = require("aircher.stream.reply")
local review = require("aircher.edit.review")

local api = vim.api
local OLD = { "local x = 1", "local y = 2", "print(x + y)", "return x", "local a", "local b", "local c" }
local NEW = { "local z = 1", "local y = 2", "print(z + y)", "return z", "local a", "local b", "-- new", "local c" }

vim.o.columns = 200
local said = {}
vim.notify = function(message) table.insert(said, message) end

local function last_message() return said[#said] or "" end

local function lines(buf) return api.nvim_buf_get_lines(buf or 0, 0, -1, false) end

local function press(keys) api.nvim_feedkeys(api.nvim_replace_termcodes(keys, true, false, true), "x", false) end

local function finish()
  t.wait("no answer is on its way", function() return replies.count() == 0 end)
end

--- One file, and a provider that answers with `answer`.
local function begin(answer, given, how)
  replies.stop(api.nvim_get_current_buf())
  vim.cmd("silent! tabonly! | silent! only! | enew!")
  options.set(given or {})
  t.please("behave", vim.tbl_extend("keep", { text = answer }, how or {}))
  said = {}
  vim.bo.filetype = "lua"
  api.nvim_buf_set_lines(0, 0, -1, false, OLD)
  vim.cmd("let &undolevels = &undolevels")
  return api.nvim_get_current_buf()
end

local function virtual_text(buf)
  local found = {}
  for _, mark in ipairs(api.nvim_buf_get_extmarks(buf, api.nvim_create_namespace("aircher_edit"), 0, -1, { details = true })) do
    for _, line in ipairs(mark[4].virt_lines or {}) do
      table.insert(found, { mark[2] + 1, line[1][1] })
    end
  end
  return found
end

t.case("an edit is shown, and the text stays until it is accepted", function()
  local buf = begin("```lua\n" .. table.concat(NEW, "\n") .. "\n```")
  vim.cmd("%AircherEdit rename x to z")
  finish()
  t.eq(OLD, lines())
  t.has(last_message(), "3 hunks: ga accepts, gr rejects")
  t.has(last_message(), "work/gpt-5.5")
  t.eq({ { 1, "local z = 1" }, { 4, "print(z + y)" }, { 4, "return z" }, { 6, "-- new" } }, virtual_text(buf))
  t.eq({ 1, 0 }, api.nvim_win_get_cursor(0))
end)

t.case("hunks are accepted and rejected by keys, as one step of undo", function()
  press("ga")
  t.eq("local z = 1", lines()[1])
  t.eq(3, api.nvim_win_get_cursor(0)[1])
  press("gr")
  press("ga")
  t.eq({ "local z = 1", "local y = 2", "print(x + y)", "return x", "local a", "local b", "-- new", "local c" }, lines())
  t.has(last_message(), "2 accepted, 1 rejected")
  t.eq({}, virtual_text(0))
  t.eq("", vim.fn.maparg("ga", "n"))
  vim.cmd("silent undo")
  t.eq(OLD, lines())
end)

t.case("all hunks are accepted at once, as one step of undo", function()
  begin(table.concat(NEW, "\n"))
  vim.cmd("%AircherEdit rename x to z")
  finish()
  vim.cmd("AircherAccept!")
  t.eq(NEW, lines())
  vim.cmd("silent undo")
  t.eq(OLD, lines())
end)

t.case("all hunks are rejected at once, and nothing changes", function()
  begin(table.concat(NEW, "\n"))
  local tick = api.nvim_buf_get_changedtick(0)
  vim.cmd("%AircherEdit rename x to z")
  finish()
  press("gR")
  t.eq(OLD, lines())
  t.eq(tick, api.nvim_buf_get_changedtick(0))
  t.eq(nil, review.get(api.nvim_get_current_buf()))
end)

t.case("without keys of aircher's own, the commands are named and do the same", function()
  begin(table.concat(NEW, "\n"), { keys = false })
  vim.cmd("%AircherEdit rename x to z")
  t.eq("", vim.fn.maparg("<C-c>", "n"))
  finish()
  t.has(last_message(), "3 hunks: :AircherAccept, :AircherReject, with ! all")
  t.eq("", vim.fn.maparg("ga", "n"))
  vim.cmd("AircherAccept")
  t.eq({ "local z = 1", "print(x + y)" }, { lines()[1], lines()[3] })
  vim.cmd("AircherReject!")
end)

t.case("the cursor goes from hunk to hunk, and around", function()
  begin(table.concat(NEW, "\n"))
  vim.cmd("%AircherEdit rename x to z")
  finish()
  local rows = {}
  for _, key in ipairs({ "]c", "]c", "]c", "[c" }) do
    press(key)
    table.insert(rows, api.nvim_win_get_cursor(0)[1])
  end
  t.eq({ 3, 7, 1, 7 }, rows)
  api.nvim_win_set_cursor(0, { 2, 0 })
  press("ga")
  t.has(last_message(), "there is no hunk at the cursor")
  vim.cmd("AircherReject!")
end)

t.case("only the lines, their type and the instruction are sent", function()
  begin("local b")
  api.nvim_buf_set_name(0, "secret-name.lua")
  vim.cmd("6AircherEdit make it better")
  finish()
  local sent = t.please("what was sent")
  t.eq("make it better\n\nThe text to replace:\n\n```lua\nlocal b\n```", sent[#sent].content)
  t.eq(nil, vim.fn.json_encode(sent):find("secret", 1, true))
  begin("local b", { edit = { context_lines = 1 } })
  vim.cmd("6AircherEdit make it better")
  finish()
  sent = t.please("what was sent")
  t.has(sent[#sent].content, "The text before it, which stays:\n\n```lua\nlocal a\n```")
  t.has(sent[#sent].content, "The text after it, which stays:\n\n```lua\nlocal c\n```")
end)

t.case("the same text and an empty answer change nothing, and are said", function()
  begin("local b")
  vim.cmd("6AircherEdit make it better")
  finish()
  t.has(last_message(), "the answer is the same text")
  begin("   ")
  vim.cmd("6AircherEdit make it better")
  finish()
  t.has(last_message(), "nothing was changed")
  t.eq(OLD, lines())
end)

t.case("an answer that was cut off changes nothing, and is kept", function()
  local buf = begin("local b2")
  t.please("fail", { kind = "truncate", after = 1 })
  vim.cmd("6AircherEdit make it better")
  finish()
  t.has(last_message(), "nothing was changed: the answer is incomplete")
  t.eq(OLD, lines(buf))
end)

t.case("lines that moved are followed", function()
  begin("local b2", {}, { first_delay = 0.1 })
  vim.cmd("6AircherEdit make it better")
  api.nvim_buf_set_lines(0, 0, 0, false, { "-- above" })
  finish()
  vim.cmd("AircherAccept!")
  t.eq({ "local a", "local b2", "local c" }, vim.list_slice(lines(), 6, 8))
end)

t.case("lines that were changed meanwhile are not replaced, and the answer is shown", function()
  local buf = begin("local b2", {}, { first_delay = 0.1 })
  vim.cmd("6AircherEdit make it better")
  api.nvim_buf_set_lines(buf, 5, 6, false, { "local mine" })
  finish()
  t.has(last_message(), "the lines were changed meanwhile")
  t.eq("local mine", lines(buf)[6])
  t.eq({ "local b2" }, lines())
end)

t.case("a hunk whose lines were changed before it was accepted is left out", function()
  local buf = begin(table.concat(NEW, "\n"))
  vim.cmd("%AircherEdit rename x to z")
  finish()
  api.nvim_buf_set_lines(buf, 0, 1, false, { "local mine" })
  vim.cmd("AircherAccept!")
  t.has(last_message(), "2 accepted, 0 rejected, 1 left out, because their lines were changed meanwhile")
  t.eq({ "local mine", "local y = 2", "print(z + y)" }, vim.list_slice(lines(), 1, 3))
end)

t.case("one key stops an edit, and nothing changes", function()
  begin(("word "):rep(1000), {}, { delay = 0.01 })
  vim.cmd("6AircherEdit make it better")
  t.wait("the answer begins", function()
    local marks = api.nvim_buf_get_extmarks(0, api.nvim_create_namespace("aircher_edit_status"), 0, -1, { details = true })
    return marks[1] and marks[1][4].virt_text[1][1]:find("bytes")
  end)
  press("<C-c>")
  t.eq(true, t.please("the last upstream was closed"))
  t.has(last_message(), "stopped: nothing was changed")
  t.eq("", vim.fn.maparg("<C-c>", "n"))
  t.eq(OLD, lines())
end)

t.case("deleting the buffer of an edit closes the upstream", function()
  begin(("word "):rep(1000), {}, { delay = 0.01 })
  vim.cmd("6AircherEdit make it better")
  t.wait("the request was sent", function() return replies.count() == 1 end)
  vim.wait(100)
  vim.cmd("bwipeout!")
  t.eq(0, replies.count())
  t.eq(true, t.please("the last upstream was closed"))
end)

t.case("a second edit waits for the decision about the first", function()
  begin("local b2")
  vim.cmd("6AircherEdit make it better")
  vim.cmd("7AircherEdit make it better")
  t.has(last_message(), "an answer is on its way")
  finish()
  vim.cmd("7AircherEdit make it better")
  t.has(last_message(), "an edit waits for a decision")
  vim.cmd("AircherReject!")
  vim.cmd("AircherAccept")
  t.has(last_message(), "there is no edit to review")
end)

t.case("an insertion at the first line and one at the end are accepted", function()
  begin("-- first\n" .. table.concat(OLD, "\n") .. "\n-- last")
  vim.cmd("%AircherEdit add comments")
  finish()
  vim.cmd("AircherAccept!")
  t.eq("-- first", lines()[1])
  t.eq({ "local c", "-- last" }, vim.list_slice(lines(), 8, 9))
end)

t.case("text that is no UTF-8 and NUL can be replaced", function()
  begin("new <NUL> 日本語")
  api.nvim_buf_set_lines(0, 0, -1, false, { "caf\233 \0", "two" })
  vim.cmd("1AircherEdit make it better")
  finish()
  vim.cmd("AircherAccept!")
  t.eq({ "new \0 日本語", "two" }, lines())
end)

t.case("an edit of many lines is shown in part, and whole in diff mode", function()
  local buf = begin(("new line\n"):rep(1000))
  vim.cmd("6AircherEdit make it longer")
  finish()
  local shown = virtual_text(buf)
  t.eq(201, #shown)
  t.has(shown[201][2], "800 more lines: :AircherDiff")
  vim.cmd("AircherDiff")
  t.eq(2, #api.nvim_tabpage_list_wins(0))
  t.eq(true, vim.wo.diff)
  t.eq(buf, api.nvim_get_current_buf())
  vim.cmd("wincmd p")
  t.eq(1006, #lines())
  vim.cmd("tabclose | AircherReject!")
end)

t.case("a buffer that is not modifiable is refused before anything is sent", function()
  begin("local b2")
  vim.bo.modifiable = false
  vim.cmd("6AircherEdit make it better")
  t.has(last_message(), "not modifiable")
  t.eq(0, replies.count())
  vim.bo.modifiable = true
end)

t.run()
