--- A conversation as Markdown, and back: the format of tests/protocol/chats/README.md. Pure.
---
--- * A turn begins with a heading, alone in its line. Within a code block it is text.
--- * A line `<!-- aircher: ... -->` is a note for people. It is not sent.
--- * In an answer, a line that would be read as one of these begins with a backslash. It is sent without.
local M = {}

M.HEADINGS = { user = "## You", assistant = "## Assistant", system = "## System" }
M.NOTE = "<!-- aircher: "
M.THOUGHT = M.NOTE .. "| "
local FRONT = "---"
local MAX_SETTINGS = 100 -- lines

local ROLES = {}
for role, heading in pairs(M.HEADINGS) do
  ROLES[heading] = role
end

--- The fence in a line: its characters, and what follows; nil for another line.
local function fence_in(line)
  local fence, rest = line:match("^ ? ? ?(```+)([^`]*)$")
  if not fence then
    fence, rest = line:match("^ ? ? ?(~~~+)(.*)$")
  end
  return fence, rest
end

--- The state of a code block after a line: the fence that is open, or nil.
---@param open string|nil
---@param line string
---@return string|nil
function M.fence_after(open, line)
  local fence, rest = fence_in(line)
  if not fence then
    return open
  elseif not open then
    return fence
  end
  local closes = fence:sub(1, 1) == open:sub(1, 1) and #fence >= #open and not rest:find("%S")
  return not closes and open or nil
end

--- The role that a line begins, outside of code blocks; nil for other lines.
---@param line string
---@return string|nil
function M.role_of(line) return line:byte(1) == 35 and ROLES[(line:gsub("%s+$", ""))] or nil end

--- Whether a line is a note, outside of code blocks.
---@param line string
---@return boolean
function M.is_note(line) return line:byte(1) == 60 and line:find("^<!%-%- aircher:.*%-%->%s*$") ~= nil end

--- Whether a line would be read as something of this format, but for backslashes at its beginning.
local function is_marker(line)
  local bare = line:byte(1) == 92 and line:gsub("^\\+", "") or line
  return M.role_of(bare) ~= nil or M.is_note(bare)
end

--- A line of an answer as it is written: with a backslash more if it would be read as a marker.
---@param line string
---@return string
function M.escape(line) return is_marker(line) and "\\" .. line or line end

local function unescape(line) return line:byte(1) == 92 and is_marker(line) and line:sub(2) or line end

--- Reads the settings: a map, and the number of the first line after them.
---@param lines string[]
---@return table<string, string> settings
---@return integer first
function M.settings(lines)
  local settings = {}
  for number = 2, lines[1] == FRONT and math.min(#lines, MAX_SETTINGS) or 0 do
    if lines[number] == FRONT then
      return settings, number + 1
    end
    local name, value = lines[number]:match("^([%w_.-]+):%s*(.-)%s*$")
    if not name then
      return {}, 1
    end
    settings[name] = value
  end
  return {}, 1
end

--- Whether a file is a saved conversation: after settings and blank lines, it begins with a turn.
---@param lines string[] the first ones are enough
---@return boolean
function M.is_chat(lines)
  local _, first = M.settings(lines)
  for number = first, #lines do
    if lines[number]:find("%S") then
      return M.role_of(lines[number]) ~= nil
    end
  end
  return false
end

local function trimmed(lines)
  local first, last = 1, #lines
  while first <= last and not lines[first]:find("%S") do
    first = first + 1
  end
  while last >= first and not lines[last]:find("%S") do
    last = last - 1
  end
  return table.concat(lines, "\n", first, last)
end

---@class aircher.Turn
---@field role string
---@field first integer the line of its heading, from 1; text before any heading has none
---@field last integer
---@field text string as it is sent
---@field fence string|nil a code block that is not closed

--- Reads the turns.
---@param lines string[]
---@return aircher.Turn[] turns
---@return table<string, string> settings
function M.parse(lines)
  local settings, first = M.settings(lines)
  local turns, fence = {}, nil
  local turn, text = { role = "user", first = first }, {}
  local function finish(last)
    turn.last, turn.fence, turn.text = last, fence, trimmed(text)
    if turn.has_heading or turn.text ~= "" then
      table.insert(turns, turn)
    end
  end
  for number = first, #lines do
    local line = lines[number]
    local role = not fence and M.role_of(line)
    if role then
      finish(number - 1)
      turn, text = { role = role, first = number, has_heading = true }, {}
    elseif fence or not M.is_note(line) then
      text[#text + 1] = fence and line or unescape(line)
      fence = M.fence_after(fence, line)
    end
  end
  finish(#lines)
  return turns, settings
end

--- The messages of a request: every turn that has text.
---@param turns aircher.Turn[]
---@return {role: string, content: string}[]
function M.messages(turns)
  local messages = {}
  for _, turn in ipairs(turns) do
    if turn.text ~= "" then
      table.insert(messages, { role = turn.role, content = turn.text })
    end
  end
  return messages
end

--- Makes the chat request of a conversation.
---@param turns aircher.Turn[]
---@param settings table<string, string>
---@return table|nil request
---@return string|nil problem
function M.request(turns, settings)
  local messages = M.messages(turns)
  local last = messages[#messages]
  if not last or last.role == "system" then
    return nil, ("there is nothing to send: write below '%s'"):format(M.HEADINGS.user)
  elseif last.role == "assistant" then
    return nil, ("the last turn is an answer: :AircherRetry asks for it again, or write below '%s'"):format(M.HEADINGS.user)
  end
  local model = settings.model
  return { messages = messages, model = model ~= "" and model or nil }
end

--- A note for people, in one line of the buffer.
---@param text string
---@return string
function M.note(text)
  text = text:gsub("%s*\n%s*", "; "):gsub("%s+", " "):gsub("%-%-+>", "->")
  return M.NOTE .. text .. " -->"
end

--- The lines of the settings that set the model; none without a model.
---@param model string|nil
---@return string[]
function M.front(model) return model and { FRONT, "model: " .. model, FRONT, "" } or {} end

--- A block of code around text, with a fence that is not in it.
---@param text string
---@param filetype string
---@return string
function M.block(text, filetype)
  local longest = 2
  for run in text:gmatch("`+") do
    longest = math.max(longest, #run)
  end
  local fence = ("`"):rep(longest + 1)
  return ("%s%s\n%s\n%s"):format(fence, filetype, text, fence)
end

return M
