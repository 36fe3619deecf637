"""A stand-in for `BackgroundFiles`, for tests that are not about how files are written."""

from contextlib import suppress

from aircher_wire.atomic_file import write_data


class WrittenAtOnce:
    """Writes synchronously and without a thread, because virtual time does not wait for one."""

    def put(self, path, content):
        with suppress(OSError):
            write_data(path, content)

    async def write(self, path, content):
        write_data(path, content)
