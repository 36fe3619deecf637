--- A queue of text: pieces of any size go in, bounded ones come out. Pure; usable in a fast context.
local M = {}

---@class aircher.Pieces
---@field bytes integer that wait
local Pieces = {}
Pieces.__index = Pieces

---@return aircher.Pieces
function M.new()
  return setmetatable({ bytes = 0, list = {}, first = 1, last = 0, carry = "" }, Pieces)
end

function Pieces:append(text)
  if text ~= "" then
    self.last = self.last + 1
    self.list[self.last] = text
    self.bytes = self.bytes + #text
  end
end

--- Adds text. Windows' ends of lines become plain ones, also where a piece ends between the two bytes.
function Pieces:push(text)
  text = self.carry .. text
  self.carry = ""
  if text:sub(-1) == "\r" then
    self.carry, text = "\r", text:sub(1, -2)
  end
  self:append((text:gsub("\r\n", "\n")))
end

--- Nothing follows: what was held back for the next piece is text.
function Pieces:finish()
  local carry = self.carry
  self.carry = ""
  self:append(carry)
end

--- Puts back what could not be used.
function Pieces:put_back(text)
  self.first = self.first - 1
  self.list[self.first] = text
  self.bytes = self.bytes + #text
end

--- Where to cut `text` so that no UTF-8 character is cut; `limit` for text that is no UTF-8.
local function cut_at(text, limit)
  for at = limit, math.max(limit - 3, 1), -1 do
    local following = text:byte(at + 1)
    if following < 0x80 or following > 0xBF then
      return at
    end
  end
  return limit
end

--- Where the line number `limit` of `text` ends, nil if there are fewer.
local function end_of_line(text, limit)
  local at = 0
  for _ = 1, limit do
    at = text:find("\n", at + 1, true)
    if not at then
      return nil
    end
  end
  return at
end

--- Returns the next text, of at most `max_bytes` and `max_lines`; nil if none waits.
---@return string|nil
function Pieces:take(max_bytes, max_lines)
  local taken, bytes = {}, 0
  while self.first <= self.last and bytes < max_bytes do
    local piece = self.list[self.first]
    self.list[self.first] = nil
    self.first = self.first + 1
    table.insert(taken, piece)
    bytes = bytes + #piece
  end
  if bytes == 0 then
    return nil
  end
  self.bytes = self.bytes - bytes
  local text = table.concat(taken)
  local cut = bytes > max_bytes and cut_at(text, max_bytes) or bytes
  cut = math.min(cut, end_of_line(text, max_lines) or cut)
  if cut < bytes then
    self:put_back(text:sub(cut + 1))
    text = text:sub(1, cut)
  end
  return text
end

return M
