"""Completes requests by what the configuration has for the client's folder: pure."""

import msgspec

from aircherd.chat.caller import Caller
from aircherd.config.model import Config, Project
from aircherd.errors import NotAuthenticated
from aircherd.vocabulary.chat import ChatRequest


class ProjectRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request from a folder of `[projects]`: with what it does not set itself, and its client.

    `name` is the entry; `key` is the label that the entry asks for, None if the request does.
    """

    name: str
    request: ChatRequest
    caller: Caller
    key: str | None = None

    def explain(self, error: NotAuthenticated) -> NotAuthenticated:
        """Return an error about a missing key; it says if the entry asks for it."""
        if self.key is None or repr(self.key) not in error.message:
            return error
        reason = f'Requests from {self.name} use this key only, by [projects."{self.name}"]'
        return type(error)(f"{error.message}. {reason}", **error.data, reason=reason)


def apply_project(request: ChatRequest, caller: Caller, config: Config) -> ProjectRequest | None:
    """Return the request as the nearest entry around the client's folder completes it, if any.

    Its usage is attributed to the folder of the entry, unless the client named a project otherwise.
    """
    name = find_project(config, caller)
    if name is None:
        return None
    project = config.projects[name]
    return ProjectRequest(
        name=name,
        request=_complete(request, project, config),
        caller=_attributed(caller, project),
        key=project.key if request.route.key is None else None,
    )


def attributed(config: Config, caller: Caller) -> Caller:
    """Return the client as its usage is attributed, and as limits know it."""
    name = find_project(config, caller)
    return caller if name is None else _attributed(caller, config.projects[name])


def _attributed(caller: Caller, project: Project) -> Caller:
    if caller.project is None or caller.project.startswith("/"):
        return msgspec.structs.replace(caller, project=project.folder)
    return caller


def find_project(config: Config, caller: Caller) -> str | None:
    """Return the name of the nearest `[projects]` entry around the client's folder, if any."""
    folder = _folder_of(caller)
    if folder is None:
        return None
    around = [name for name, each in config.projects.items() if each.contains(folder)]
    return max(around, key=lambda name: len(config.projects[name].folder), default=None)


def describe_project(config: Config, caller: Caller) -> dict[str, object]:
    """Return what requests from the client's folder use that do not set it themselves.

    The client keeps it with a conversation, which may go on in another folder.
    """
    name = find_project(config, caller)
    if name is None:
        return {}
    project = config.projects[name]
    fields = {"model": project.model, "task": project.task, "key": project.key}
    return {field: value for field, value in fields.items() if value is not None}


def _complete(request: ChatRequest, project: Project, config: Config) -> ChatRequest:
    changes: dict[str, object] = {}
    own_task = config.tasks.get(request.task) if request.task is not None else None
    if request.task is None and project.task is not None:
        changes["task"] = project.task
    # A task that the request names is nearer than the folder.
    if request.model is None and project.model and not (own_task and own_task.model):
        changes["model"] = project.model
    if request.route.key is None and project.key is not None:
        changes["route"] = msgspec.structs.replace(request.route, key=project.key)
    return msgspec.structs.replace(request, **changes) if changes else request


def _folder_of(caller: Caller) -> str | None:
    """Return where the client works; a project that is no folder is only a name."""
    if caller.folder is not None:
        return caller.folder
    project = caller.project
    return project if project is not None and project.startswith("/") else None
