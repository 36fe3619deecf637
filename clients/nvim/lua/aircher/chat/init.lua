--- :AircherChat: a Markdown buffer that is the conversation. What is in it is sent.
---
--- Any buffer in the format of aircher.chat.format can be one; a file goes on after it is opened again.
--- Nothing about the conversation is kept elsewhere, but for the answer that is on its way.
local answers = require("aircher.stream.answer")
local files = require("aircher.chat.files")
local folds = require("aircher.chat.folds")
local format = require("aircher.chat.format")
local messages = require("aircher.view.messages")
local options = require("aircher.options")
local replies = require("aircher.stream.reply")
local window = require("aircher.view.window")
local words = require("aircher.stream.words")

local api, tell = vim.api, messages.tell
local M = {}

local KEYS = { ["<CR>"] = "send", ["<C-c>"] = "stop" }

local function all_lines(buf) return api.nvim_buf_get_lines(buf, 0, -1, false) end

--- Whether a buffer is a chat.
---@param buf integer
---@return boolean
function M.is_chat(buf) return vim.b[buf].aircher_chat == true end

local function map_keys(buf)
  for key, action in pairs(KEYS) do
    local plug = ("<Plug>(aircher-%s)"):format(action)
    if options.get().keys and vim.fn.hasmapto(plug, "n") == 0 then
      api.nvim_buf_set_keymap(buf, "n", key, plug, { desc = "aircher: " .. action })
    end
  end
end

--- Makes a buffer a chat: commands send what is in it.
---@param buf integer
function M.attach(buf)
  vim.bo[buf].modeline = false -- what a model wrote sets no options when the file is read
  if M.is_chat(buf) then
    return
  end
  vim.b[buf].aircher_chat = true
  files.keep_private()
  vim.bo[buf].filetype = "markdown"
  map_keys(buf)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    window.set_options(win)
  end
  local count = api.nvim_buf_line_count(buf)
  if api.nvim_buf_get_offset(buf, count) <= options.get().max_request_bytes then
    folds.thinking(buf, 0, count)
  end
end

--- Makes a buffer a chat if the file in it is one.
---@param buf integer
function M.attach_file(buf)
  if format.is_chat(api.nvim_buf_get_lines(buf, 0, 100, false)) then
    M.attach(buf)
  end
end

--- Makes a new buffer of these lines a chat, in a window of its own, with the cursor at its end.
local function open_new(lines, mods)
  local buf = api.nvim_create_buf(true, false)
  vim.bo[buf].bufhidden = "hide"
  vim.bo[buf].modifiable = true -- it is off in all new buffers after `:set nomodifiable`, or with `nvim -M`
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  window.open(buf, options.get().chat.show, mods)
  M.attach(buf)
  vim.bo[buf].modified = false
  api.nvim_win_set_cursor(0, { #lines, 0 })
  return buf
end

---@class aircher.ChatOptions
---@field question string? it is sent at once
---@field code {text: string, filetype: string}? text to talk about, which comes first
---@field model string?
---@field mods string? of the command

--- Opens a new chat.
---@param opts aircher.ChatOptions
---@return integer buf
function M.open(opts)
  local lines = format.front(opts.model or options.get().model)
  vim.list_extend(lines, { format.HEADINGS.user, "", "" })
  if opts.code then
    table.remove(lines)
    vim.list_extend(lines, vim.split(format.block(opts.code.text, opts.code.filetype), "\n", { plain = true }))
    vim.list_extend(lines, { "", "" })
  end
  if opts.question then
    table.remove(lines)
    vim.list_extend(lines, vim.split(opts.question, "\n", { plain = true }))
  end
  local buf = open_new(lines, opts.mods)
  if opts.question then
    M.send(buf)
  end
  return buf
end

--- Whether a buffer is an answer of :Aircher, which a chat can go on with.
---@param buf integer
---@return boolean
function M.continues(buf) return vim.b[buf].aircher_question ~= nil and replies.running_in(buf) == nil end

--- Opens a chat that goes on with the question and the answer in a buffer.
---@param buf integer
---@param opts aircher.ChatOptions
---@return integer buf
function M.continue(buf, opts)
  local lines = format.front(opts.model or options.get().model)
  local function add(role, text)
    vim.list_extend(lines, { format.HEADINGS[role], "" })
    vim.list_extend(lines, text)
    table.insert(lines, "")
  end
  local answer = all_lines(buf)
  while #answer > 0 and not answer[#answer]:find("%S") do
    table.remove(answer)
  end
  add("user", vim.split(vim.b[buf].aircher_question, "\n", { plain = true }))
  add("assistant", answer)
  add("user", vim.split(opts.question or "", "\n", { plain = true }))
  local chat = open_new(lines, opts.mods)
  if opts.question then
    M.send(chat)
  end
  return chat
end

--- Says why a buffer cannot be sent now; nil if it can.
local function refusal(buf)
  local size, limit = api.nvim_buf_get_offset(buf, api.nvim_buf_line_count(buf)), options.get().max_request_bytes
  if not M.is_chat(buf) then
    return "this is no chat: :AircherChat opens one, :AircherChat! makes this buffer one"
  elseif replies.running_in(buf) then
    return "an answer is on its way: :AircherStop stops it"
  elseif not vim.bo[buf].modifiable then
    return "the answer cannot be written: the buffer is not modifiable"
  elseif size > limit then
    return ("the chat has %s, and at most %s are sent (option max_request_bytes)"):format(words.size(size), words.size(limit))
  end
end

--- Ends the last turn and begins that of the answer; returns the row of its text.
local function begin_answer(buf, turn)
  local lines = all_lines(buf)
  local last = #lines
  while last > 0 and not lines[last]:find("%S") do
    last = last - 1
  end
  local added = turn.fence and { turn.fence } or {}
  vim.list_extend(added, { "", format.HEADINGS.assistant, "", "" })
  api.nvim_buf_set_lines(buf, last, -1, false, added)
  return last + #added - 1
end

--- Moves cursors that are in the last line to the end, as they follow an answer.
local function move_to_end(buf, windows)
  for _, win in ipairs(windows) do
    api.nvim_win_set_cursor(win, { api.nvim_buf_line_count(buf), 0 })
  end
end

local function finish(buf, first, outcome)
  if outcome.is_gone or not api.nvim_buf_is_loaded(buf) then
    return
  end
  if outcome.has_thoughts then
    folds.thinking(buf, first, api.nvim_buf_line_count(buf))
  end
  if outcome.state ~= "done" and outcome.state ~= "stopped" then
    tell(outcome.note, vim.log.levels.ERROR)
  end
end

local function stream(buf, turns, settings)
  local request, problem = format.request(turns, settings)
  if not request then
    return tell(problem)
  end
  request.model = request.model or options.get().model
  request.conversation = ("nvim-%d-%d"):format(vim.fn.getpid(), buf)
  local row = begin_answer(buf, turns[#turns])
  move_to_end(buf, vim.fn.win_findbuf(buf))
  if api.nvim_buf_get_name(buf) == "" then
    -- All of it is sent. A chat without a name is not worth a question when Neovim ends; what is typed on is.
    vim.bo[buf].modified = false
  end
  answers.stream({
    buf = buf,
    row = row,
    col = 0,
    request = request,
    is_own = true,
    is_joined = true,
    keeps_unmodified = true,
    tail = ("\n\n%s\n\n"):format(format.HEADINGS.user),
    on_end = function(outcome) finish(buf, row, outcome) end,
  })
end

--- Sends the conversation in a buffer; the answer follows it.
---@param buf integer
function M.send(buf)
  local problem = refusal(buf)
  if problem then
    return tell(problem)
  end
  stream(buf, format.parse(all_lines(buf)))
end

--- Asks for the last answer again: it is removed first, and undo brings it back.
---@param buf integer
function M.retry(buf)
  local problem = refusal(buf)
  if problem then
    return tell(problem)
  end
  local turns, settings = format.parse(all_lines(buf))
  while #turns > 0 and turns[#turns].role == "user" and turns[#turns].text == "" do
    table.remove(turns)
  end
  local last = turns[#turns]
  if last and last.role == "assistant" then
    api.nvim_buf_set_lines(buf, last.first - 1, -1, false, {})
    table.remove(turns)
  elseif #turns > 1 and turns[#turns - 1].role == "assistant" then
    return tell("the last question was not sent yet: send it, or delete it to ask for the answer before it again")
  end
  stream(buf, turns, settings)
end

--- Opens a copy of the conversation up to the turn at the cursor: the two go on apart.
---@param buf integer
---@param mods string?
function M.fork(buf, mods)
  if not M.is_chat(buf) then
    return tell(refusal(buf))
  end
  local lines, row = all_lines(buf), api.nvim_win_get_cursor(0)[1]
  local turns = format.parse(lines)
  for _, turn in ipairs(turns) do
    if turn.last >= row then
      lines = vim.list_slice(lines, 1, turn.last)
      if turn.role == "assistant" then
        while #lines > 0 and not lines[#lines]:find("%S") do
          table.remove(lines)
        end
        vim.list_extend(lines, turn.fence and { turn.fence } or {})
        vim.list_extend(lines, { "", format.HEADINGS.user, "", "" })
      end
      break
    end
  end
  open_new(lines, mods)
end

--- The model that a chat's settings name; nil without one.
---@param buf integer
---@return string|nil
function M.model(buf) return format.settings(api.nvim_buf_get_lines(buf, 0, 100, false)).model end

--- Sets the model of a chat, in its settings.
---@param buf integer
---@param model string
function M.set_model(buf, model)
  local lines = api.nvim_buf_get_lines(buf, 0, 100, false)
  local settings, first = format.settings(lines)
  if settings.model then
    for number = 2, first - 2 do
      if lines[number]:find("^model:") then
        return api.nvim_buf_set_lines(buf, number - 1, number, false, { "model: " .. model })
      end
    end
  elseif first > 1 then
    return api.nvim_buf_set_lines(buf, 1, 1, false, { "model: " .. model })
  end
  api.nvim_buf_set_lines(buf, 0, 0, false, format.front(model))
end

return M
