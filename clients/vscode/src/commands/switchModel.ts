// The picker of models: Enter makes one the default everywhere, a button only that of Ask and Edit.

import * as vscode from "vscode";

import { asFields, asText } from "../client/values.js";
import { chainOf, describe, readModelList, type ModelRow } from "../models/rows.js";
import { ownModel, setOwnModel } from "../settings.js";
import { say } from "../view/say.js";
import type { Services } from "./services.js";

const ONLY_HERE = "Only for Ask and Edit in VS Code";

interface ModelItem extends vscode.QuickPickItem {
  readonly model?: string;
  readonly act?: () => Promise<void>;
}

/** Show the models, live: `onDidChange` says that their states may be others by now. */
export async function switchModel(services: Services, onDidChange: vscode.Event<void>): Promise<void> {
  const picker = vscode.window.createQuickPick<ModelItem>();
  picker.title = "Switch model";
  picker.placeholder = "Enter makes it the default for every client of aircher";
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.busy = true;
  const fill = async (mayStart: boolean): Promise<void> => {
    const result = await services.client.request("models.list", { wait: false }, { mayStart });
    showItems(picker, itemsOf(result));
    picker.busy = false;
  };
  const listener = onDidChange(() => {
    fill(false).catch((error: unknown) => services.log.warn(String(error)));
  });
  try {
    const chosen = choice(picker);
    picker.show();
    // The picker is open before the list is there; a failure closes it and is shown.
    await Promise.race([fill(true), chosen]);
    await (await chosen)?.(services);
  } finally {
    listener.dispose();
    picker.dispose();
  }
}

type Choice = (services: Services) => Promise<void>;

function choice(picker: vscode.QuickPick<ModelItem>): Promise<Choice | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const item = picker.selectedItems[0];
      resolve(item === undefined ? undefined : (services) => accept(services, item));
      picker.hide();
    });
    picker.onDidTriggerItemButton(({ item }) => {
      resolve(async () => useOnlyHere(item.model));
      picker.hide();
    });
    picker.onDidHide(() => resolve(undefined));
  });
}

async function accept(services: Services, item: ModelItem): Promise<void> {
  if (item.act !== undefined) {
    await item.act();
    return;
  }
  const used = asFields(await services.client.request("models.use", { model: item.model ?? "" }));
  const nearest = asText(used["nearest"]);
  const meant = nearest === "" ? "" : ` Did you mean ${nearest}?`;
  const doubt = used["unlisted"] === true ? ` The provider does not list it.${meant}` : "";
  say(`The default model is ${asText(used["model"])}.${doubt}`);
}

async function useOnlyHere(model: string | undefined): Promise<void> {
  await setOwnModel(model);
  say(`Ask and Edit use ${model ?? "the default model"}.`);
}

/** Show other items and keep what is selected: the list changes under the user's hands. */
function showItems(picker: vscode.QuickPick<ModelItem>, items: ModelItem[]): void {
  const active = picker.activeItems[0];
  picker.items = items;
  const same = items.find((item) => item.model !== undefined && item.model === active?.model);
  if (same !== undefined) {
    picker.activeItems = [same];
  }
}

function itemsOf(result: unknown): ModelItem[] {
  const { rows } = readModelList(result);
  const [aliases, models] = [rows.filter((row) => row.isAlias), rows.filter((row) => !row.isAlias)];
  return [
    ...backToDefault(),
    ...section("aliases", aliases),
    ...section("models", models),
    {
      label: "$(sign-in) Sign in to another provider…",
      alwaysShow: true,
      act: async () => {
        await vscode.commands.executeCommand("aircher.signIn");
      },
    },
  ];
}

function backToDefault(): ModelItem[] {
  const own = ownModel();
  return own === undefined
    ? []
    : [
        {
          label: `$(discard) Ask and Edit: the default again, not ${own}`,
          act: () => useOnlyHere(undefined),
        },
      ];
}

function section(label: string, rows: readonly ModelRow[]): ModelItem[] {
  const separator = { label, kind: vscode.QuickPickItemKind.Separator };
  return rows.length === 0 ? [] : [separator, ...rows.map(itemOf)];
}

function itemOf(row: ModelRow): ModelItem {
  return {
    model: row.name,
    label: `${row.mark.symbol} ${row.isAlias ? row.name : row.model}${row.isDefault ? " *" : ""}`,
    description: describe(row).slice(2), // the symbol is in the label
    ...(row.isAlias ? { detail: chainOf(row) } : {}),
    buttons: [{ iconPath: new vscode.ThemeIcon("edit"), tooltip: ONLY_HERE }],
  };
}
