--- Files that usually have secrets: the whole of one is not sent by a question that names no lines. Pure.
---
--- tests/protocol/private_files.json has the cases that all editors share.
local M = {}

local NAMES = {}
for name in
  (".env .netrc .authinfo .pgpass .npmrc .pypirc .git-credentials credentials credentials.json auth.json secrets.json "
    .. "secrets.yaml secrets.yml secrets.toml id_rsa id_dsa id_ecdsa id_ed25519"):gmatch("%S+")
do
  NAMES[name] = true
end

local ENDINGS = { env = true, pem = true, key = true, p12 = true, pfx = true, kdbx = true, gpg = true }
local SAMPLES = { example = true, sample = true, template = true, dist = true }

--- Whether the file of this path usually has secrets.
---@param path string
---@return boolean
function M.is_private(path)
  local name = path:match("[^/]*$"):lower()
  local ending = name:match("%.([^.]*)$")
  local is_environment = name:find("^%.env%.") ~= nil and not SAMPLES[ending]
  return NAMES[name] or ENDINGS[ending] or is_environment or path:find("^/dev/shm/") ~= nil
end

return M
