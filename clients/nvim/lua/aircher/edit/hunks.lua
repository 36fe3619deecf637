--- The differences between lines and what replaces them. Pure.
local M = {}

---@class aircher.Hunk
---@field row integer lines before it, counted from the first of the old ones
---@field old string[]
---@field new string[]

local function joined(lines) return #lines > 0 and table.concat(lines, "\n") .. "\n" or "" end

--- Returns the hunks between two lists of lines, in their order.
---@param old string[]
---@param new string[]
---@return aircher.Hunk[]
function M.between(old, new)
  local diff = vim.text and vim.text.diff or vim.diff
  local hunks = {}
  -- "histogram" takes a second for 16,000 lines of which each seventh changed; this one takes 25 ms.
  for _, found in ipairs(diff(joined(old), joined(new), { result_type = "indices", algorithm = "patience" })) do
    local first, count, new_first, new_count = unpack(found)
    table.insert(hunks, {
      row = count > 0 and first - 1 or first,
      old = vim.list_slice(old, first, first + count - 1),
      new = vim.list_slice(new, new_first, new_first + new_count - 1),
    })
  end
  return hunks
end

return M
