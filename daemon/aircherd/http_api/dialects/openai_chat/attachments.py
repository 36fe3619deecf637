"""Pictures, files and sound in the messages of a request.

What cannot be a part of ours, such as a file by its id at OpenAI, is left to providers of this API:
it is named, and a word stands in its place, so that the message is not empty.
"""

from aircherd.http_api.dialects.common.attached import SOUNDS, cache_mark, data_of
from aircherd.http_api.dialects.openai_chat.body import ContentPart, InputFile
from aircherd.vocabulary.content.cache import CacheMark
from aircherd.vocabulary.content.media import AudioPart, DocumentPart, ImagePart
from aircherd.vocabulary.parts import TextPart

UserPart = TextPart | ImagePart | DocumentPart | AudioPart


def user_part(part: ContentPart, where: str, unsaid: list[str]) -> UserPart:
    """Return a part of a user's message; if it is none of ours, name it in `unsaid`."""
    if part.type == "text":
        return TextPart(part.text or "", cache=cache_mark(part.cache_control))
    try:
        found = _attached(part)
    except ValueError as error:
        unsaid.append(f"{where} ({error})")
        return _stand_in(part)
    if found is None:
        unsaid.append(f"{where}.type {part.type[:60]!r}")
        return _stand_in(part)
    return found


def _attached(part: ContentPart) -> UserPart | None:
    mark = cache_mark(part.cache_control)
    if part.type == "image_url" and part.image_url is not None:
        url = part.image_url if isinstance(part.image_url, str) else part.image_url.url
        media_type, data = data_of(url)
        if data is None:
            return ImagePart(url=url, cache=mark)
        return ImagePart(data=data, media_type=media_type, cache=mark)
    if part.type == "input_audio" and part.input_audio is not None:
        sound = part.input_audio
        return AudioPart(data=sound.data, media_type=SOUNDS.get(sound.format or ""), cache=mark)
    if part.type == "file" and part.file is not None:
        return _document(part.file, mark)
    return None


def _document(file: InputFile, mark: CacheMark) -> DocumentPart | None:
    if not file.file_data:
        return None
    name = file.filename[:500] if file.filename else None
    if file.file_data.startswith(("https://", "http://")):
        return DocumentPart(url=file.file_data, name=name, cache=mark)
    media_type, data = data_of(file.file_data)
    if data is None:  # bare base64: its first bytes say what it is
        data = file.file_data
    return DocumentPart(data=data, media_type=media_type, name=name, cache=mark)


def _stand_in(part: ContentPart) -> TextPart:
    return TextPart(f"({part.type[:60]})")
