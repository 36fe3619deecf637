// Where requests come from: the workspace folder of the active editor, or else the first one.
// Without a folder, and in one that is not on this machine (remote, virtual), nothing is said.

import * as vscode from "vscode";

import { findOrigin, type Origin } from "./client/project.js";

export function currentOrigin(): Origin {
  const active = vscode.window.activeTextEditor?.document.uri;
  const ofActive = active === undefined ? undefined : vscode.workspace.getWorkspaceFolder(active);
  const folder = ofActive ?? vscode.workspace.workspaceFolders?.[0];
  const path = folder?.uri.scheme === "file" ? folder.uri.fsPath : undefined;
  return findOrigin(process.env, path);
}
