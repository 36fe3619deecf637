--- The list of models in Telescope: it changes while it is open. Ctrl-A shows all models.
local actions = require("telescope.actions")
local action_state = require("telescope.actions.state")
local finders = require("telescope.finders")
local pickers = require("telescope.pickers")
local values = require("telescope.config").values

local M = {}

local function new_finder(rows)
  return finders.new_table({
    results = rows,
    entry_maker = function(row)
      return { value = row, display = row.text, ordinal = row.provider .. "/" .. row.name .. " " .. row.mark.word }
    end,
  })
end

---@param opts aircher.PickerOptions
function M.open(opts)
  local picker, stop
  picker = pickers.new({}, {
    prompt_title = opts.title,
    finder = new_finder(opts.rows),
    sorter = values.generic_sorter({}),
    attach_mappings = function(prompt, map)
      actions.select_default:replace(function()
        local entry = action_state.get_selected_entry()
        actions.close(prompt)
        if entry then
          opts.on_choice(entry.value)
        end
      end)
      if opts.all then
        map({ "i", "n" }, "<C-a>", function()
          actions.close(prompt)
          opts.all()
        end)
      end
      vim.api.nvim_create_autocmd("BufWipeout", { buffer = prompt, once = true, callback = function() stop() end })
      return true
    end,
  })
  stop = opts.follow(function(rows)
    if picker.prompt_bufnr and vim.api.nvim_buf_is_valid(picker.prompt_bufnr) then
      picker:refresh(new_finder(rows), { reset_prompt = false })
    end
  end)
  picker:find()
end

return M
