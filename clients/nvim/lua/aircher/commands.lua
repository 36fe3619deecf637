--- What the commands about text do: from their arguments to the modules that know.
local api = vim.api

local function tell(message) require("aircher.view.messages").tell(message) end
local M = {}

--- Calls back with a text that is typed, unless nothing is.
local function with_text(text, label, callback)
  if text ~= "" then
    return callback(text)
  end
  vim.ui.input({ prompt = label }, function(typed)
    if typed and vim.trim(typed) ~= "" then
      callback(vim.trim(typed))
    end
  end)
end

--- :[range]Aircher[!] [++opt] [question]
---
--- With a range the question is about these lines, without one about the buffer, with ! on its own. A file that
--- usually has secrets is sent only by a range.
function M.ask(command)
  local ask = require("aircher.ask")
  local found, problem = ask.parse(command.args)
  if problem then
    return tell(problem)
  end
  local first, last = command.line1, command.line2
  local name = api.nvim_buf_get_name(0)
  if command.range == 0 and not command.bang and require("aircher.private").is_private(name) then
    local tail = vim.fn.fnamemodify(name, ":t")
    return tell(tail .. " may have secrets, so the whole of it is not sent: give lines, or % for all, or ! for none")
  end
  if command.range == 0 then
    first, last = 1, api.nvim_buf_line_count(0)
  end
  with_text(found.text, "Ask: ", function(text)
    ask.ask({
      text = text,
      first = not command.bang and first or nil,
      last = (not command.bang or command.range > 0) and last or nil,
      show = found.show,
      model = found.model,
      mods = command.mods,
    })
  end)
end

--- :[range]AircherChat[!] [++model=NAME] [question]
function M.chat(command)
  local ask, chat = require("aircher.ask"), require("aircher.chat")
  if command.bang then
    return chat.attach(api.nvim_get_current_buf())
  end
  local found, problem = ask.parse(command.args)
  if problem then
    return tell(problem)
  end
  local code
  if command.range > 0 then
    local text, why = ask.lines(0, command.line1, command.line2)
    if not text then
      return tell(why)
    end
    code = { text = text, filetype = vim.bo.filetype }
  end
  local question = found.text ~= "" and found.text or nil
  if command.range == 0 and chat.continues(api.nvim_get_current_buf()) then
    return chat.continue(api.nvim_get_current_buf(), { question = question, model = found.model, mods = command.mods })
  end
  chat.open({ question = question, code = code, model = found.model, mods = command.mods })
end

function M.send() require("aircher.chat").send(api.nvim_get_current_buf()) end

function M.retry() require("aircher.chat").retry(api.nvim_get_current_buf()) end

function M.fork(command) require("aircher.chat").fork(api.nvim_get_current_buf(), command and command.mods) end

function M.stop() require("aircher.ask").stop(api.nvim_get_current_buf()) end

--- :[range]AircherEdit [++model=NAME] [instruction]
function M.edit(command)
  local found, problem = require("aircher.ask").parse(command.args)
  if problem or found.show then
    return tell(problem or ("an edit is shown in its place: there is no ++" .. found.show .. " for it"))
  end
  with_text(found.text, "Edit: ", function(text)
    require("aircher.edit").edit({ instruction = text, first = command.line1, last = command.line2, model = found.model })
  end)
end

--- :AircherAccept[!], :AircherReject[!]
function M.accept(command) require("aircher.edit.review").accept(api.nvim_get_current_buf(), command.bang) end

function M.reject(command) require("aircher.edit.review").reject(api.nvim_get_current_buf(), command.bang) end

function M.diff() require("aircher.edit.review").show_diff(api.nvim_get_current_buf()) end

--- The step is 1 for the next hunk, and -1 for the one before it.
function M.go(step) require("aircher.edit.review").go(api.nvim_get_current_buf(), step) end

return M
