-- Defines the commands and <Plug> maps. Nothing is loaded until one of them is used.
if vim.g.loaded_aircher then
  return
end
vim.g.loaded_aircher = true
