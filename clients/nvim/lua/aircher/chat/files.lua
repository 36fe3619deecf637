--- Files of chats: what was asked is no one else's business.
local uv, api = vim.uv or vim.loop, vim.api
local M = {}

local PRIVATE = 384 -- 0600

--- Makes the file first, as Neovim keeps the mode of one that is there.
local function make(path)
  local file = uv.fs_open(path, "wx", PRIVATE)
  if file then
    uv.fs_close(file)
  end
end

--- Has new files into which chats are written be readable for their user alone.
---
--- A file that is there keeps its mode, and a path that is none, such as a URL, is left alone. The autocommands are
--- not those of a buffer: Neovim removes these when a buffer gets its first name.
function M.keep_private()
  api.nvim_create_autocmd({ "BufWritePre", "FileWritePre" }, {
    group = api.nvim_create_augroup("aircher_chat_files", {}),
    callback = function(event)
      local path = vim.fn.fnamemodify(event.match, ":p")
      if vim.b[event.buf].aircher_chat and vim.bo[event.buf].buftype == "" and path:sub(1, 1) == "/" then
        make(path)
      end
    end,
  })
end

return M
