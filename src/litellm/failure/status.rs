//! The status of a failed request, as its exception tells.

/// What `LiteLLM` answers for its exceptions. `APIError` has its upstream's status.
const OF_EXCEPTIONS: [(&str, u16); 14] = [
    ("AuthenticationError", 401),
    ("PermissionDeniedError", 403),
    ("NotFoundError", 404),
    ("Timeout", 408),
    ("UnprocessableEntityError", 422),
    ("RateLimitError", 429),
    ("BadRequestError", 400),
    ("ContextWindowExceededError", 400),
    ("ContentPolicyViolationError", 400),
    ("InternalServerError", 500),
    ("APIConnectionError", 500),
    ("BadGatewayError", 502),
    ("ServiceUnavailableError", 503),
    ("MidStreamFallbackError", 503),
];

/// The status that the words of a failure tell: `litellm.NotFoundError: …`, `400: {…}`, or `"code": 402` in the upstream's
/// own.
pub(super) fn told_status(words: &str) -> Option<u16> {
    if let Some((number, _)) = words.split_once(':')
        && let Some(status) = status(number)
    {
        return Some(status);
    }
    let (exception, rest) = words.strip_prefix("litellm.")?.split_once(':')?;
    if let Some((_, status)) = OF_EXCEPTIONS.iter().find(|(name, _)| *name == exception) {
        return Some(*status);
    }
    let (_, code) = rest.split_once("\"code\":").or_else(|| rest.split_once("Error code:"))?;
    status(code.trim_start_matches([' ', '"']).get(..3)?)
}

fn status(number: &str) -> Option<u16> {
    number.parse().ok().filter(|status| number.len() == 3 && (400..600).contains(status))
}
