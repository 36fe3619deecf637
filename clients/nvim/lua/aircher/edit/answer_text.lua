--- The replacement in a model's answer: models like to put fences and sentences around code. Pure.
local format = require("aircher.chat.format")

local M = {}

--- Lists the fenced blocks: the numbers of their fences, and nil for an end that is missing.
local function blocks(lines)
  local found, open = {}, nil
  for number, line in ipairs(lines) do
    local after = format.fence_after(open, line)
    if after and not open then
      table.insert(found, { first = number })
    elseif open and not after then
      found[#found].last = number
    end
    open = after
  end
  return found
end

local function has_text(lines, first, last)
  for number = first, last do
    if lines[number]:find("%S") then
      return true
    end
  end
  return false
end

--- Returns the lines of an answer without what is around the replacement.
---
--- If the answer has one block, the replacement is what is in it. For text that has blocks itself, such as
--- Markdown, that is so only if the block is all of the answer, and has blocks in it.
---@param text string
---@param old string[] what is replaced
---@return string[]
function M.lines(text, old)
  local lines = vim.split(text:gsub("\r\n", "\n"):gsub("\n$", ""), "\n", { plain = true })
  local found = blocks(lines)
  if #found ~= 1 or not found[1].last then
    return lines
  end
  local first, last = found[1].first, found[1].last
  local inside = vim.list_slice(lines, first + 1, last - 1)
  local is_whole = not has_text(lines, 1, first - 1) and not has_text(lines, last + 1, #lines)
  if #blocks(old) > 0 and not (is_whole and #blocks(inside) > 0) then
    return lines
  end
  return inside
end

return M
