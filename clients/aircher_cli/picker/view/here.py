"""What requests from here use without an option: by the folder, or by the conversation.

`ask` and `chat` take it from an allowed `.aircher` file, and then the daemon from the entry of
`[projects]`. So the picker shows the state of the keys that a request from here would use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aircher_cli.values import Map, as_map, text

PROJECTS = "[projects]"
"""Where the daemon's part is from, for people."""


@dataclass(frozen=True)
class Here:
    """What requests from here use; empty where nothing is said.

    Attributes:
        source: Where `model`, `task` and the key are from, for people: `~/src/acme/.aircher`.
        model: What the file asks instead of the default model.
        task: The task that the file names.
        key: The label of the only keys that are used.
        key_from: Where the label is from; of an entry of `[projects]` this is not `source`.
        folder_model: What the entry of `[projects]` asks, if the file says nothing.
        folder_task: Its task.
    """

    source: str = ""
    model: str = ""
    task: str = ""
    key: str = ""
    key_from: str = ""
    folder_model: str = ""
    folder_task: str = ""

    def completed(self, hello: Map) -> "Here":
        """Return what is used if the daemon's answer to `hello` adds the entry of `[projects]`."""
        entry = as_map(hello.get("project"))
        found = replace(
            self, folder_model=text(entry.get("model")), folder_task=text(entry.get("task"))
        )
        key = text(entry.get("key"))
        return replace(found, key=key, key_from=PROJECTS) if key and not self.key else found

    def request(self) -> Map:
        """Return what the program adds to a request; the daemon adds its part by itself."""
        is_own = self.key and self.key_from != PROJECTS
        route: Map = {"route": {"key": self.key}} if is_own else {}
        return {**route, **({"task": self.task} if self.task else {})}


def model_asked(here: Here, tasks: Mapping[str, str]) -> tuple[str, str]:
    """Return what is asked from here instead of the default model, and who says so; or nothing.

    `tasks` has the models of those tasks of the configuration that have one.
    """
    by_file = here.model or tasks.get(here.task, "")
    if by_file:
        return by_file, here.source
    by_entry = here.folder_model or ("" if here.task else tasks.get(here.folder_task, ""))
    return by_entry, PROJECTS if by_entry else ""


def model_of_folder(here: Here, tasks: Mapping[str, str], default: str) -> str:
    """Return the clause that requests from here ask another model than the default, if so."""
    model, source = model_asked(here, tasks)
    return f"requests from here ask {model} ({source})" if model not in {"", default} else ""


def other_model(here: Here, tasks: Mapping[str, str], default: str) -> str:
    """Return the sentence that requests from here ask another model than the default, if so."""
    model, source = model_asked(here, tasks)
    if not model or model == default:
        return ""
    return f"Requests from here go on using {model}, as {source} says; -m {default} asks this one."
