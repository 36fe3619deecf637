--- :Aircher: a question, about lines of the buffer or on its own, and the answer beside it, or in place.
local answers = require("aircher.stream.answer")
local format = require("aircher.chat.format")
local keys = require("aircher.view.keys")
local messages = require("aircher.view.messages")
local options = require("aircher.options")
local replies = require("aircher.stream.reply")
local window = require("aircher.view.window")
local words = require("aircher.stream.words")

local api, tell = vim.api, messages.tell
local M = {}

local HERE = "Your reply is put into a file%s as it is. Reply with what belongs there and with nothing else: "
  .. "no explanation, and no code fence around it. Keep the indentation."
local PLACES = { "split", "vsplit", "tab", "float", "current", "here" }

---@class aircher.Question
---@field text string?
---@field first integer? the lines that it is about, from 1
---@field last integer?
---@field show string? where the answer is shown; default: the option `ask.show`
---@field model string?
---@field mods string? of the command: they win over `show`

--- Reads `++float`, `++here` and the like, and `++model=NAME`, before a question.
---@param arguments string
---@return {show: string|nil, model: string|nil, text: string}
---@return string|nil problem
function M.parse(arguments)
  local found, rest = {}, vim.trim(arguments)
  while true do
    local word, following = rest:match("^%+%+(%S+)%s*(.*)$")
    if not word then
      found.text = rest
      return found
    end
    local model = word:match("^model=(.+)$")
    if model then
      found.model = model
    elseif vim.tbl_contains(PLACES, word) then
      found.show = word
    else
      return found, ("there is no ++%s: one of ++%s or ++model=NAME"):format(word, table.concat(PLACES, ", ++"))
    end
    rest = following
  end
end

--- Completes the options before a question.
function M.complete(lead)
  if lead:sub(1, 2) ~= "++" then
    return {}
  end
  local choices = vim.tbl_map(function(place) return "++" .. place end, PLACES)
  table.insert(choices, "++model=")
  return vim.tbl_filter(function(choice) return vim.startswith(choice, lead) end, choices)
end

--- Returns the text of lines, or why they are not sent: nothing larger than the option allows is read.
---@param buf integer
---@param first integer from 1
---@param last integer
---@return string|nil text
---@return string|nil problem
function M.lines(buf, first, last)
  last = math.min(last, api.nvim_buf_line_count(buf))
  local size = api.nvim_buf_get_offset(buf, last) - api.nvim_buf_get_offset(buf, first - 1)
  local limit = options.get().max_request_bytes
  if size > limit then
    return nil, ("these lines have %s, and at most %s are sent (option max_request_bytes): select fewer"):format(
      words.size(size),
      words.size(limit)
    )
  end
  return table.concat(api.nvim_buf_get_lines(buf, first - 1, last, false), "\n")
end

local function prompt(question, text, filetype)
  return text and question .. "\n\n" .. format.block(text, filetype) or question
end

local function open_view(show, mods)
  local before, is_borrowed = api.nvim_get_current_buf(), show == "current" and (mods or "") == ""
  local buf = api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.bo[buf].modifiable = true -- it is off in all new buffers after `:set nomodifiable`, or with `nvim -M`
  window.open(buf, show, mods)
  vim.cmd("stopinsert") -- what is typed on, after CTRL-O, is not meant for this buffer
  vim.bo[buf].filetype = "markdown"
  if options.get().keys then
    local function leave() window.leave(before, is_borrowed) end
    vim.keymap.set("n", "q", leave, { buffer = buf, desc = "aircher: close" })
    api.nvim_buf_set_keymap(buf, "n", "<C-c>", "<Plug>(aircher-stop)", { desc = "aircher: stop" })
  end
  return buf
end

local function show_in_view(request, question)
  local buf = open_view(question.show or options.get().ask.show, question.mods)
  vim.b[buf].aircher_question = request.messages[1].content
  api.nvim_buf_set_name(buf, "aircher://answer/" .. buf)
  answers.stream({ buf = buf, row = 0, col = 0, request = request, is_own = true, tail = "\n" })
end

local function show_here(request, buf, last)
  if not vim.bo[buf].modifiable then
    return tell("the answer cannot be written here: the buffer is not modifiable")
  end
  local filetype = vim.bo[buf].filetype
  request.system = HERE:format(filetype ~= "" and (" of the type " .. filetype) or "")
  api.nvim_buf_set_lines(buf, last, last, false, { "" })
  local unmap = keys.map_stop(buf)
  answers.stream({ buf = buf, row = last, col = 0, request = request, is_joined = true, on_end = unmap })
end

--- Asks a question about lines of the current buffer, or on its own.
---@param question aircher.Question
function M.ask(question)
  local buf, text, problem = api.nvim_get_current_buf(), nil, nil
  if question.first then
    text, problem = M.lines(buf, question.first, question.last)
  end
  if problem then
    return tell(problem)
  end
  local request = {
    model = question.model or options.get().model,
    messages = { { role = "user", content = prompt(question.text, text, vim.bo[buf].filetype) } },
  }
  local show = question.show or options.get().ask.show
  if show == "here" and (question.mods or "") == "" then
    return show_here(request, buf, question.last or api.nvim_win_get_cursor(0)[1])
  end
  show_in_view(request, question)
end

--- Stops the answers in a buffer, or the last one elsewhere.
---@param buf integer
function M.stop(buf)
  if not replies.stop(buf) then
    tell("no answer is on its way", vim.log.levels.INFO)
  end
end

return M
