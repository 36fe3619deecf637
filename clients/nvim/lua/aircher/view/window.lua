--- Where an answer or a chat is shown.
local api = vim.api
local M = {}

local SPLITS = { split = "split", vsplit = "vsplit", tab = "tab split", current = "" }

local function open_float(buf)
  local width = math.max(20, math.min(100, vim.o.columns - 8))
  local height = math.max(3, math.floor(vim.o.lines * 0.6))
  local config = {
    relative = "editor",
    style = "minimal",
    border = "rounded",
    width = width,
    height = height,
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
  }
  if vim.fn.has("nvim-0.9") == 1 then
    config.title = " aircher "
  end
  return api.nvim_open_win(buf, true, config)
end

--- Opens a window that shows `buf`, and goes there.
---@param buf integer
---@param show "split"|"vsplit"|"tab"|"float"|"current"
---@param mods string? the modifiers of a command, such as `vertical` or `tab`: they win
---@return integer win
function M.open(buf, show, mods)
  if mods and mods ~= "" then
    vim.cmd(mods .. " split")
  elseif show == "float" then
    local win = open_float(buf)
    M.set_options(win)
    return win
  else
    vim.cmd(SPLITS[show])
  end
  local win = api.nvim_get_current_win()
  api.nvim_win_set_buf(win, buf)
  M.set_options(win)
  return win
end

--- Leaves an answer: its window is closed, or shows again what it did before if it was not opened for the answer, or
--- if it is the last one.
---@param before integer the buffer in which the question was asked
---@param is_borrowed boolean whether the window showed something else before
function M.leave(before, is_borrowed)
  local is_last = vim.fn.winnr("$") == 1 and vim.fn.tabpagenr("$") == 1
  if not is_borrowed and not is_last then
    vim.cmd("close")
  elseif api.nvim_buf_is_loaded(before) then
    api.nvim_win_set_buf(0, before)
  else
    vim.cmd("enew")
  end
end

--- Closes the windows of a session that showed answers: these are gone, and nothing is in them but their names.
function M.close_empty()
  for _, buf in ipairs(api.nvim_list_bufs()) do
    local is_named = api.nvim_buf_get_name(buf):find("^aircher://") ~= nil
    if is_named and vim.bo[buf].buftype == "" and not vim.bo[buf].modified then
      api.nvim_buf_delete(buf, {})
    end
  end
end

--- Prose is wrapped between words. The options belong to this buffer in this window.
function M.set_options(win)
  for name, value in pairs({ wrap = true, linebreak = true, foldmethod = "manual", foldlevel = 0, foldminlines = 0 }) do
    api.nvim_win_call(win, function() vim.opt_local[name] = value end)
  end
end

return M
