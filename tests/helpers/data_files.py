"""The daemon's own files, for tests that are not about how they are written."""

from contextlib import suppress

from aircherd.files.atomic_file import write_data


class WrittenAtOnce:
    """Stands in for `DataFiles`, without threads, which virtual time would not wait for."""

    def put(self, path, content):
        with suppress(OSError):
            write_data(path, content)

    async def write(self, path, content):
        write_data(path, content)
