"""The machine-readable names in vendors' errors, by what they mean; in lower case.

A dotted name also counts as the family before its first dot. Numbers of four digits are those of
Zhipu (z.ai), of five those of Spark; MiniMax's have a prefix, because they differ from both.
Numbers that other servers use too, such as 1000 to 1004 for a key, are left to the wording.
`rules` decides which come first. `quota_words` has more of money and plans.

Sources: the vendors' documentation and SDKs, November 2026.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _router(text: str) -> frozenset[str]:
    return frozenset(f"router:{name}" for name in text.split())


def _minimax(*numbers: int) -> frozenset[str]:
    return frozenset(f"minimax:{number}" for number in numbers)


TOO_LONG = _names(
    """context_length_exceeded exceed_context_size_error param:input_tokens
    tokens_limit_reached context_window_exceeded model_context_window_exceeded input_too_long
    prompt_too_long tokens_too_long characters_too_long tokenlimitexceeded 1261 10907
    336007 336103"""
) | _router("context_length_exceeded string_too_long")

KEY = _names(
    """api_key_invalid api_key_expired invalid_api_key invalidapikey wrong_api_key incorrect_api_key
    incorrect_api_key_error invalid_authentication_error invalid_auth_header
    access_token_expired account_state_invalid credentials_missing missing_api_key
    api_key_missing api_key_required unrecognizedclientexception expiredtokenexception
    invalidsignatureexception missingauthenticationtokenexception auth_error token_expired
    authfailure auth_failure invalid_token token_invalid invalid_iam_token
    authentication_failed autherror invalid_key key_expired key_revoked expired_key
    key_not_found user_not_found"""
) | _minimax(1004, 2049)

QUOTA = (
    _names(
        """insufficient_quota credit_balance_exhausted organization_spend_limit_exceeded
        project_spend_limit_exceeded organization_usage_limit_exceeded billing_error
        enforced_spend_limit_reached contract_spend_limit_reached serviceoverdue
        operationdenied.serviceoverdue credits_exhausted credit_limit payment_required
        payment_error servicequotaexceededexception account_balance_insufficient
        account_overdue 11200 11201 11210"""
    )
    # The second is a limit that follows from the credit.
    | _router("payment_required token_limit_exceeded")
    | _minimax(1008, 1028, 1030, 2056)
)

ACCOUNT = _names(
    """organization_on_hold organization_disabled account_deactivated account_suspended
    account_disabled access_terminated access_terminated_error service_disabled
    billing_disabled consumer_suspended consumer_invalid invalidaccountstatus user_deactivated
    1110 1111 1112 1121"""
)

POLICY = (
    _names(
        """invalid_prompt content_policy_violation content_filter refusal content_filter_error
    responsibleaipolicyviolation content_violation moderation_blocked safety_violation
    bio_policy misalignment_policy_violation image_content_policy_violation
    datainspectionfailed data_inspection_failed sensitivecontentdetected
    inputtextsensitivecontentdetected inputimagesensitivecontentdetected
    outputtextsensitivecontentdetected prompt_blocked 1301"""
    )
    | _router("content_policy_violation refusal")
    | _minimax(1026, 1027)
)

PERMISSION = _names(
    """unsupported_country_region_territory ip_not_authorized model_terms_required no_access
    accessdenied.unpurchased model.accessdenied workspace.accessdenied api_key_service_blocked
    api_key_http_referrer_blocked api_key_ip_address_blocked key_model_access_denied
    team_model_access_denied permission_denied_error accessdeniedexception 1220 1311"""
) | _minimax(2042, 2061)

UNSUPPORTED = _names(
    """unsupported_parameter unsupported_value not_supported_error operationnotsupported
    unsupported_content unsupported_media_type extra_forbidden unknown_parameter
    unsupportedoperation integer_above_max_value decimal_above_max_value array_above_max_length
    image_too_large image_file_too_large image_too_small unsupported_image_media_type
    failed_to_download_image unsupported_api_for_model 1212"""
) | _router("image_too_large image_too_small unsupported_image_format image_download_failed")

MODEL = _names(
    """model_not_found model_decommissioned model_not_available model_not_supported
    modelnotfound model_not_exist model_unavailable unknown_model unavailable_model
    invalid_model deploymentnotfound invalidendpointormodel invalidendpoint modelnotopen
    servicenotopen unsupportedmodel operationdenied.servicenotopen model_deprecated
    model_retired no_such_model resourcenotfoundexception modelnotsupported unsupported_model
    model_disabled endpoint_not_found 1211 1500"""
)

OVERLOADED = _names(
    """overloaded_error overloaded compaction_unavailable slow_down server_is_overloaded
    capacity_exceeded service_tier_capacity_exceeded engine_overloaded_error engine_overloaded
    queue_exceeded serveroverloaded model_overloaded no_capacity nocapacity server_overloaded
    serviceunavailableexception modelnotreadyexception service_unavailable 1305 1312 3505"""
) | _router("provider_overloaded provider_unavailable")

RATE = _names(
    """rate_limit_error rate_limit_exceeded ramp_limit_exceeded rate_limited rate_limit
    ratelimitreached rate_limit_reached_error rate_limit_reached ratelimitexceeded
    rate_limit_exceeded_error too_many_requests too_many_requests_error toomanyrequests
    toomanyrequestsexception throttling throttling_error throttlingexception limit_requests
    limit_burst_rate requestbursttoofast request_quota_exceeded token_quota_exceeded
    requestlimitexceeded request_limit_exceeded dynamic_request_limited
    rpm_rate_limit_exceeded tpm_rate_limit_exceeded concurrency_limit_exceeded
    modelaccountrpmratelimitexceeded modelaccounttpmratelimitexceeded accountratelimitexceeded
    1302 1303 1313 10007 11202 11203"""
) | _minimax(1002, 1039, 1041, 2045)

TOO_LARGE = _names(
    "request_too_large payload_too_large request_entity_too_large string_above_max_length"
)

SERVER = _names(
    """tool_use_failed json_validate_failed generation incomplete_generation cancelled aborted
    modelerrorexception modeltimeoutexception timeout_error request_timeout requesttimeout 1120
    1200 1230 1234"""
) | _minimax(1000, 1001, 1013, 1024, 1033)

# ------------------------------------------------------------------ general: they need the rest

GENERAL_SERVER = _names(
    """upstream_error server_error api_error internal_error internal_server_error internalerror
    internalservererror internalserverexception internalserviceerror"""
)
"""Gateways use these for every error of the server behind them, whatever it is about."""

GENERAL_KEY = _names(
    "authentication_error authentication authenticationerror unauthenticated unauthorized"
)
GENERAL_PERMISSION = _names(
    "permission_error permission_denied permissiondenied accessdenied access_denied forbidden"
)
GENERAL_MODEL = _names("not_found_error not_found notfounderror resource_not_found_error")
GENERAL_REQUEST = _names(
    """invalid_request_error invalid_request badrequesterror bad_request_error bad_request
    invalid_argument invalidparameter invalid_parameter_error validation validationexception
    validation_error invalid_image invalid_image_format invalid_base64_image invalid_image_url
    image_parse_error empty_image_file image_file_not_found 1210 1213 1214 1215"""
) | _minimax(2013)

KNOWN = (
    TOO_LONG | KEY | QUOTA | ACCOUNT | POLICY | PERMISSION | UNSUPPORTED | MODEL | OVERLOADED | RATE
    | TOO_LARGE | SERVER | GENERAL_SERVER | GENERAL_KEY | GENERAL_PERMISSION | GENERAL_MODEL
    | GENERAL_REQUEST
)  # fmt: skip
"""All of them: other names are read as text."""
