"""The shapes of Gemini requests, as far as this program reads them.

All fields are known by name: a request with any other is read once more by `spelling`, which says
what it is. A field of type `object` is only looked at for its presence.
"""

import msgspec


class Shape(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, gc=False
):
    """An object of the API: its names are in camel case."""


# ------------------------------------------------------------------ parts


class Blob(Shape, frozen=True):
    """Data in base64, of either alphabet."""

    mime_type: str | None = None
    data: str = ""
    display_name: str | None = None


class FileData(Shape, frozen=True):
    """A file by its address."""

    file_uri: str = ""
    mime_type: str | None = None
    display_name: str | None = None


class FunctionCall(Shape, frozen=True):
    """A call that the model made."""

    name: str
    args: msgspec.Raw = msgspec.Raw(b"{}")
    id: str | None = None
    partial_args: object = None
    will_continue: bool | None = None


class ResponsePart(Shape, frozen=True):
    """A picture or a document in what a function answered."""

    inline_data: Blob | None = None
    file_data: FileData | None = None
    media_processing: object = None
    media_resolution: object = None
    video_metadata: object = None
    document_metadata: object = None
    spreadsheet_metadata: object = None
    audio_metadata: object = None


class FunctionResponse(Shape, frozen=True):
    """What a function answered."""

    name: str = ""
    response: msgspec.Raw = msgspec.Raw(b"{}")
    id: str | None = None
    parts: list[ResponsePart] | None = None
    will_continue: bool | None = None
    scheduling: object = None


class Part(Shape, frozen=True):
    """One part: text, a thought, data, a call, an answer, or something of Google's own."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    executable_code: object = None
    code_execution_result: object = None
    tool_call: object = None
    tool_response: object = None
    video_metadata: object = None
    media_resolution: object = None
    part_metadata: object = None
    audio_transcription: object = None
    media_processing: object = None
    speech_metadata: object = None
    document_metadata: object = None
    spreadsheet_metadata: object = None
    audio_metadata: object = None


class Content(Shape, frozen=True):
    """One turn."""

    role: str | None = None
    parts: list[Part] | Part | None = None


# ------------------------------------------------------------------ tools


class FunctionDeclaration(Shape, frozen=True):
    """A function of the client."""

    name: str
    description: str | None = None
    parameters: msgspec.Raw = msgspec.Raw()
    parameters_json_schema: msgspec.Raw = msgspec.Raw()
    response: object = None
    response_json_schema: object = None
    behavior: str | None = None


class ToolEntry(Shape, frozen=True):
    """An entry of `tools`: functions, or one that runs at Google."""

    function_declarations: list[FunctionDeclaration] | None = None
    google_search: dict[str, msgspec.Raw] | None = None
    code_execution: dict[str, msgspec.Raw] | None = None
    google_search_retrieval: msgspec.Raw = msgspec.Raw()
    url_context: msgspec.Raw = msgspec.Raw()
    google_maps: msgspec.Raw = msgspec.Raw()
    file_search: msgspec.Raw = msgspec.Raw()
    computer_use: msgspec.Raw = msgspec.Raw()
    mcp_servers: msgspec.Raw = msgspec.Raw()
    retrieval: msgspec.Raw = msgspec.Raw()
    enterprise_web_search: msgspec.Raw = msgspec.Raw()
    parallel_ai_search: msgspec.Raw = msgspec.Raw()
    exa_ai_search: msgspec.Raw = msgspec.Raw()


class CallingConfig(Shape, frozen=True):
    """Whether and which functions the model has to call."""

    mode: str | None = None
    allowed_function_names: list[str] | None = None
    stream_function_call_arguments: bool | None = None


class ToolConfig(Shape, frozen=True):
    """What goes for all tools."""

    function_calling_config: CallingConfig | None = None
    retrieval_config: object = None
    include_server_side_tool_invocations: bool | None = None


# ------------------------------------------------------------------ options


class ThinkingConfig(Shape, frozen=True):
    """How much the model thinks, and whether its thoughts are shown."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None
    # google-genai for Python writes these three alone in snake case.
    snake_thoughts: bool | None = msgspec.field(name="include_thoughts", default=None)
    snake_budget: int | None = msgspec.field(name="thinking_budget", default=None)
    snake_level: str | None = msgspec.field(name="thinking_level", default=None)

    @property
    def shows_thoughts(self) -> bool:
        """Whether thoughts are asked for."""
        return bool(self.include_thoughts or self.snake_thoughts)

    @property
    def level(self) -> str | None:
        """How hard to think, by its name."""
        return self.thinking_level or self.snake_level

    @property
    def budget(self) -> int | None:
        """How many tokens to think."""
        return self.snake_budget if self.thinking_budget is None else self.thinking_budget


class GenerationConfig(Shape, frozen=True):
    """The options of a reply."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: list[str] | None = None
    response_mime_type: str | None = None
    response_schema: msgspec.Raw = msgspec.Raw()
    response_json_schema: msgspec.Raw = msgspec.Raw()
    # The first preview of JSON Schema had this name.
    own_json_schema: msgspec.Raw = msgspec.field(name="_responseJsonSchema", default=msgspec.Raw())
    response_format: object = None
    response_modalities: list[str] | None = None
    thinking_config: ThinkingConfig | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    media_resolution: object = None
    speech_config: object = None
    image_config: object = None
    audio_timestamp: bool | None = None
    audio_transcription_config: object = None
    translation_config: object = None
    enable_affective_dialog: bool | None = None
    enable_enhanced_civic_answers: bool | None = None
    routing_config: object = None
    model_selection_config: object = None
    generation_output_config: object = None


class Body(Shape, frozen=True):
    """A request for a reply."""

    contents: list[Content] | Content | str | None = None
    system_instruction: Content | str | None = None
    tools: list[ToolEntry] | None = None
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    safety_settings: object = None
    cached_content: str | None = None
    labels: object = None
    model: str | None = None
    service_tier: object = None
    store: object = None
    model_armor_config: object = None
    continuation_token: object = None
    automatic_continuation: object = None


class CountBody(Shape, frozen=True):
    """A request to count tokens: the contents alone, or a whole request."""

    contents: list[Content] | Content | str | None = None
    generate_content_request: Body | None = None
    # Of Vertex AI's form, which gateways send.
    system_instruction: Content | str | None = None
    tools: list[ToolEntry] | None = None
    generation_config: GenerationConfig | None = None
    model: str | None = None


class EmbedBody(Shape, frozen=True):
    """A request for the embedding of one content."""

    content: Content | str | None = None
    model: str | None = None
    task_type: object = None
    title: object = None
    output_dimensionality: object = None
    embed_content_config: object = None
    audio_track_extraction: object = None
    document_ocr: object = None
    auto_truncate: object = None


class BatchEmbedBody(Shape, frozen=True):
    """A request for several embeddings."""

    requests: list[EmbedBody]
