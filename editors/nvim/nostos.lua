-- Nostos in Neovim: file type, language server, debugger (with nvim-dap). Put it on 'runtimepath' as lua/nostos.lua and call
-- require("nostos").setup() in your init.lua. `nostos-lsp` and `nostos-dap` must be on PATH, or be named in the options.
local M = {}

function M.setup(options)
  options = options or {}
  vim.filetype.add({ extension = { nos = "nostos" } })

  vim.api.nvim_create_autocmd("FileType", {
    pattern = "nostos",
    callback = function(event)
      vim.bo[event.buf].commentstring = "# %s"
      local main = vim.fs.find("main.nos", { upward = true, path = vim.fs.dirname(event.file) })[1]
      vim.lsp.start({
        name = "nostos",
        cmd = { options.lsp or "nostos-lsp" },
        root_dir = main and vim.fs.dirname(main) or vim.fs.dirname(event.file),
      })
    end,
  })

  local ok, dap = pcall(require, "dap")
  if not ok then return end
  dap.adapters.nostos = { type = "executable", command = options.dap or "nostos-dap" }
  dap.configurations.nostos = {
    {
      type = "nostos",
      request = "launch",
      name = "Run this project",
      program = function()
        local main = vim.fs.find("main.nos", { upward = true, path = vim.fn.expand("%:p:h") })[1]
        return main and vim.fs.dirname(main) or vim.fn.expand("%:p")
      end,
    },
    {
      type = "nostos",
      request = "attach",
      name = "Attach to a running image",
      socket = function() return vim.fn.input("Socket: ", "", "file") end,
    },
  }
end

return M
