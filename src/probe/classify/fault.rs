//! Makes one thing of the many forms in which providers say what went wrong.
//!
//! Decides: where code and message stand in a body. Must not know: what they mean.

use serde_json::{Map, Value};

/// What an answer's body says went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// The status to judge by: the answer's, or for a 200 the one that its body names (400 where it names none).
    pub(super) status: u16,
    /// Every code, type, status or reason it names, in lower case.
    pub(super) codes: Vec<String>,
    /// Its words, in lower case.
    pub(super) text: String,
    /// Its words as they came.
    pub(super) message: String,
    /// The refused parameter.
    pub(super) param: String,
    /// The fault that stood as JSON inside the message: what a reseller's own upstream said.
    pub(super) inner: Option<Box<Fault>>,
    /// Whether a reseller passes on what its own upstream said.
    pub(super) wrapped: bool,
}

/// Codes by which resellers mark what their own upstream said.
const PASSED_ON: [&str; 3] = ["bad_response_status_code", "upstream_error", "bad_response"];

/// Our own codes for what OpenRouter says by a field's being there.
pub(super) const FILTERED: &str = "(filtered)";
pub(super) const RETRYABLE: &str = "(retryable)";

impl Fault {
    /// A fault without structure: plain text.
    pub(super) fn plain(status: u16, text: &str) -> Self {
        let message: String = text.trim().chars().take(2000).collect();
        Self { status, text: message.to_lowercase(), message, ..Self::default() }
    }

    /// The fault in a body, if there is one. With `success`, only what a 200 may not hold counts.
    pub(super) fn read(status: u16, value: &Value, success: bool) -> Option<Self> {
        Self::read_to_depth(status, value, success, 1)
    }

    fn read_to_depth(status: u16, value: &Value, success: bool, depth: u8) -> Option<Self> {
        let map = value.as_object()?;
        let mut fault = Self { status, ..Self::default() };
        if !fault.find(map, success) {
            return None;
        }
        if success {
            fault.status = fault.codes.iter().find_map(|code| http_status(code)).unwrap_or(400);
        }
        fault.text = fault.message.to_lowercase();
        // Each hop over a One API kin adds its own request id; LiteLLM names the class of its upstream's error.
        fault.wrapped = fault.codes.iter().any(|code| PASSED_ON.contains(&code.as_str()))
            || fault.text.matches("request id:").count() > 1
            || fault.text.starts_with("litellm.");
        if depth > 0 {
            fault.unwrap_message(depth);
        }
        Some(fault)
    }

    fn find(&mut self, map: &Map<String, Value>, success: bool) -> bool {
        // `"error": ""`, `false`, `{}` and one whose every field is empty stand in some successful answers.
        if let Some(error) = map.get("error").filter(|error| says_something(error)) {
            if error == &Value::Bool(true) {
                self.take_map(map);
                return true;
            }
            self.take(error);
            // xAI: {"code": "…", "error": "…"}.
            self.codes_of(map, &["code", "type", "error_code", "status", "object"]);
            return true;
        }
        let choice = || map.get("choices")?.get(0)?.get("error").filter(|error| !error.is_null());
        let found = map.get("errors").and_then(|errors| errors.get(0));
        let found = found.or_else(|| map.get("Response")?.get("Error")).or_else(choice);
        if let Some(error) = found {
            self.take(error);
            return true;
        }
        let failed = |base: &&Value| base.get("status_code").and_then(Value::as_i64).is_some_and(|code| code != 0);
        if let Some(base) = map.get("base_resp").filter(failed) {
            self.take(base);
            return true;
        }
        let failed = match map.get("error_code") {
            Some(code) => !means_fine(code),
            None => map.get("error_msg").is_some_and(says_something),
        };
        if failed {
            self.take_map(map);
            return true;
        }
        let failed = map.get("success") == Some(&Value::Bool(false));
        let coded = !map.contains_key("choices") && map.get("code").is_some_and(|code| !means_fine(code));
        if success && !failed && !(coded && (map.contains_key("message") || map.contains_key("msg"))) {
            return false;
        }
        self.take_map(map);
        !self.message.is_empty() || !self.codes.is_empty()
    }

    fn take(&mut self, error: &Value) {
        match error {
            Value::Object(map) => self.take_map(map),
            Value::String(text) => {
                // Venice: the code stands alone.
                if !text.contains(char::is_whitespace) {
                    self.code(error);
                }
                self.say(text);
            }
            Value::Array(errors) => errors.iter().take(4).for_each(|error| self.take(error)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn take_map(&mut self, map: &Map<String, Value>) {
        self.codes_of(
            map,
            &[
                "code",
                "Code",
                "type",
                "status",
                "error_code",
                "status_code",
                "error_type",
                "reason",
                "errorCode",
                "__type",
                "error",
                "object",
            ],
        );
        for field in ["message", "Message", "msg", "status_msg", "error_msg", "errorMessage", "detail", "title"] {
            match map.get(field) {
                Some(Value::String(text)) => self.say(text),
                Some(found @ (Value::Object(_) | Value::Array(_))) => self.take(found),
                Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => {}
            }
        }
        if let Some(param) = map.get("param").and_then(Value::as_str) {
            self.param = param.to_lowercase();
        }
        for field in ["metadata", "availability", "innererror", "details", "data"] {
            match map.get(field) {
                Some(Value::Object(inner)) => {
                    self.codes_of(inner, &["code", "error_type", "error_code", "reason", "limit_source"]);
                }
                Some(Value::Array(many)) => {
                    for inner in many.iter().filter_map(Value::as_object).take(8) {
                        self.codes_of(inner, &["reason", "code"]);
                        let violations = inner.get("violations").and_then(Value::as_array);
                        for quota in violations.into_iter().flatten().filter_map(|one| one.get("quotaId")).take(4) {
                            self.code(quota);
                        }
                    }
                }
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
            }
        }
        self.of_open_router(map);
    }

    /// What OpenRouter tells beside its code: what the provider behind it said, which call it wants, whether a filter of
    /// its own refused, and whether a retry may help.
    fn of_open_router(&mut self, map: &Map<String, Value>) {
        let text = |field: &str, path: &str| map.get(field).and_then(|inner| inner.pointer(path)?.as_str());
        for said in [text("metadata", "/raw"), text("availability", "/constraint/detail")].into_iter().flatten() {
            self.say(said);
        }
        let filtered = ["patterns", "reasons", "flagged_input"];
        if map.get("metadata").is_some_and(|metadata| filtered.iter().any(|field| metadata.get(field).is_some())) {
            self.code(&FILTERED.into());
        }
        if map.get("availability").is_some_and(|found| found.get("retryable") == Some(&Value::Bool(true))) {
            self.code(&RETRYABLE.into());
        }
    }

    fn codes_of(&mut self, map: &Map<String, Value>, fields: &[&str]) {
        for field in fields {
            if let Some(code) = map.get(*field) {
                self.code(code);
            }
        }
    }

    fn code(&mut self, code: &Value) {
        let code = match code {
            // AWS: `com.amazon.coral.service#AccessDeniedException`.
            Value::String(text) if text.len() <= 80 => {
                text.rsplit_once('#').map_or(text.as_str(), |(_, name)| name).trim().to_lowercase()
            }
            Value::Number(number) => number.to_string(),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return,
        };
        if !code.is_empty() && !self.codes.contains(&code) && self.codes.len() < 16 {
            self.codes.push(code);
        }
    }

    fn say(&mut self, text: &str) {
        if !self.message.is_empty() {
            self.message.push_str(": ");
        }
        self.message.extend(text.trim().chars().take(2000));
    }

    /// JSON in the message is what the next upstream said: its codes are the better ones.
    fn unwrap_message(&mut self, depth: u8) {
        let (Some(start), Some(end)) = (self.message.find('{'), self.message.rfind('}')) else { return };
        if start >= end {
            return;
        }
        let Ok(value) = serde_json::from_str::<Value>(&self.message[start..=end]) else { return };
        let inner = Self::read_to_depth(self.status, &value, false, depth - 1);
        self.inner = inner.map(|mut inner| {
            inner.status = inner.codes.iter().find_map(|code| http_status(code)).unwrap_or(inner.status);
            Box::new(inner)
        });
    }

    /// Whether it names this code; a rule's `*` at an end stands for any text.
    pub(super) fn has_code(&self, wanted: &str) -> bool {
        let part = wanted.trim_matches('*');
        self.codes.iter().any(|code| match (wanted.starts_with('*'), wanted.ends_with('*')) {
            (true, true) => code.contains(part),
            (true, false) => code.ends_with(part),
            (false, true) => code.starts_with(part),
            (false, false) => code == wanted,
        })
    }
}

fn http_status(code: &str) -> Option<u16> {
    code.parse().ok().filter(|status| (400..600).contains(status))
}

/// Whether anything at all stands there.
fn says_something(error: &Value) -> bool {
    match error {
        Value::Bool(true) => true,
        Value::Null | Value::Bool(false) => false,
        Value::Number(_) => !means_fine(error),
        Value::String(text) => !text.is_empty(),
        Value::Array(many) => many.iter().any(says_something),
        Value::Object(map) => map.values().any(says_something),
    }
}

fn means_fine(code: &Value) -> bool {
    match code {
        Value::Null => true,
        Value::Number(number) => matches!(number.as_i64(), Some(0 | 200 | 20000)),
        Value::String(text) => matches!(text.to_ascii_lowercase().as_str(), "" | "0" | "200" | "ok" | "success"),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}
