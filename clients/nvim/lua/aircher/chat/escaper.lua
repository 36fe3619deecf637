--- Escapes an answer while it arrives: lines that the chat's format would read as its own get a
--- backslash, and a code block that is left open is closed. Pure.
local format = require("aircher.chat.format")

local M = {}

local MAX_FENCE = 200 -- bytes of a line that are looked at for a fence
local MAX_HELD = 1000 -- bytes of a line that are held back to see whether it is a marker

---@class aircher.Escaper
local Escaper = {}
Escaper.__index = Escaper

---@return aircher.Escaper
function M.new() return setmetatable({ held = "", is_held = true, head = "", fence = nil }, Escaper) end

--- Whether the beginning of a line may still become a marker.
local function may_become(text)
  local bare = text:gsub("^\\+", "")
  for _, heading in pairs(format.HEADINGS) do
    if heading:sub(1, #bare) == bare or bare:gsub("%s+$", "") == heading then
      return true
    end
  end
  local note = format.NOTE
  return note:sub(1, #bare) == bare or bare:sub(1, #note) == note
end

--- Ends a line: its escaped form if it was held back.
function Escaper:end_line()
  local text = self.fence and self.held or format.escape(self.held)
  self.fence = format.fence_after(self.fence, self.head)
  self.held, self.is_held, self.head = "", true, ""
  return text
end

--- A part of a line: what can be written of it already.
function Escaper:add(part)
  if #self.head < MAX_FENCE then
    self.head = self.head .. part:sub(1, MAX_FENCE)
  end
  if not self.is_held then
    return part
  end
  self.held = self.held .. part
  if not self.fence and #self.held < MAX_HELD and may_become(self.held) then
    return ""
  end
  local text = self.held
  self.held, self.is_held = "", false
  return text
end

--- Returns the text to write for the text that arrived; the beginning of a line may be kept for later.
---@param text string
---@return string
function Escaper:feed(text)
  local out, from = {}, 1
  while true do
    local at = text:find("\n", from, true)
    local part = text:sub(from, at and at - 1 or nil)
    if part ~= "" then
      out[#out + 1] = self:add(part)
    end
    if not at then
      return table.concat(out)
    end
    out[#out + 1] = self:end_line() .. "\n"
    from = at + 1
  end
end

--- Returns the rest.
---@return string
function Escaper:finish()
  local is_in_line = self.head ~= ""
  local text = is_in_line and self:end_line() or ""
  if not self.fence then
    return text
  end
  return ("%s%s%s\n"):format(text, is_in_line and "\n" or "", self.fence)
end

return M
