"""Content that a policy refuses."""

from helpers.field.forms import anthropic, openai

ROWS: list[tuple[str, int, object]] = [
    ("content-violates-usage-guidelines", 403, openai("Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO")),
    ("content-response-was-filtered-due", 400, {"error": {"code": "content_filter", "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
    ("content-chosen-model-requires-moderation", 403, {"error": {"message": "Your chosen model requires moderation and your input was flagged", "code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "x"}}}),
    ("content-zh", 400, openai("系统检测到输入或生成内容可能包含不安全或敏感内容", "1301")),
    ("content-was-flagged-possible", 400, openai("This content was flagged for possible cybersecurity risk. Try rephrasing your request.")),
    ("content-request-was-rejected-as", 400, openai("Your request was rejected as a result of our safety system.")),
    ("content-output-data-may-contain", 400, openai("Output data may contain inappropriate content.", "data_inspection_failed")),
    ("content-request-was-rejected-because", 400, openai("The request was rejected because it was considered high risk", None, "content_filter")),
    ("content-input-new-sensitive", 200, {"base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}),
    ("content-zh-2", 400, openai("输入内容包含敏感词")),
    ("content-user-sensitive-words-detected", 400, openai("user sensitive words detected", "sensitive_words_detected", "new_api_error")),
    ("content-sensitive-words-detected-new", 400, openai("sensitive words detected: x", None, "new_api_error")),
    ("content-prompt-blocked-by-gemini", 400, openai("prompt blocked by gemini: PROHIBITED_CONTENT", "prompt_blocked")),
    ("content-output-blocked-by-content", 400, openai("Output blocked by content filtering policy")),
    ("content-request-been-flagged-potentially", 403, openai("This request has been flagged for potentially violating our usage policy", "permission_denied", "permission_error")),
    ("content-violates-usage-guidelines-2", 400, {"error": "Content violates usage guidelines. Team: x, API key ID: y, Model: z, Failed check: S"}),
    ("content-input-new-sensitive-invalid", 400, anthropic("input new_sensitive (1026)")),
    ("content-output-data-may-contain-2", 400, {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}),
    ("content-invalid-prompt-prompt-was", 400, openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt")),
    ("content-contentpolicyviolationerror-response-was-fil", 400, openai("litellm.ContentPolicyViolationError: AzureException - The response was filtered")),
    ("content-input-text-blocked-by", 400, openai("Input text is blocked by content safety")),
    ("content-zh-3", 200, {"code": 10013, "message": "输入内容审核不通过 涉嫌违规 请重新调整输入内容", "sid": "x"}),
]  # fmt: skip
