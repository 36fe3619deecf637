// Files that usually have secrets: the whole of one is not sent by a command that nothing was selected
// for. tests/protocol/private_files.json has the cases that all editors share.

const NAMES = new Set(
  (
    ".env .netrc .authinfo .pgpass .npmrc .pypirc .git-credentials credentials credentials.json auth.json " +
    "secrets.json secrets.yaml secrets.yml secrets.toml id_rsa id_dsa id_ecdsa id_ed25519"
  ).split(" "),
);
const ENDINGS = new Set(["env", "pem", "key", "p12", "pfx", "kdbx", "gpg"]);
const SAMPLES = new Set(["example", "sample", "template", "dist"]);

/** Tell whether the file of this path usually has secrets. */
export function isPrivateFile(path: string): boolean {
  const name = (path.split("/").at(-1) ?? "").toLowerCase();
  const ending = name.includes(".") ? (name.split(".").at(-1) ?? "") : "";
  const isEnvironment = name.startsWith(".env.") && !SAMPLES.has(ending);
  return NAMES.has(name) || ENDINGS.has(ending) || isEnvironment || path.startsWith("/dev/shm/");
}

/** Return why nothing of a document is sent without a selection, undefined if it may be. */
export function wholeRefusal(path: string): string | undefined {
  const name = path.split("/").at(-1) ?? "";
  return isPrivateFile(path)
    ? `${name} may have secrets, so the whole of it is not sent: select the text that may be.`
    : undefined;
}
