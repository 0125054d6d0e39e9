//! Why a health check of `LiteLLM` fails, told from the words that it left: the decision order measured on the real proxy.
//!
//! Decides: what an answer, or a container's health log, is a sign of. Pure. Must not know: who asked, what is configured.

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symptom {
    /// (a) The program that should ask is not in the image.
    ToolMissing,
    /// (b) No key on a path that wants one.
    NoKey,
    /// (b) The same where the Python package prisma is missing: the refusal itself breaks.
    NoPrisma,
    /// (c) The key is wrong; without a database `LiteLLM` says so in odd words.
    WrongKey,
    /// (d) Asked by HEAD, which no path takes.
    Head,
    /// (e) No answer in time.
    TooSlow,
    /// (f) The proxy refused to start: its master key is unset or well known.
    RefusedToStart,
    /// (f) Nothing listens there.
    NotListening,
    /// Its database is gone, or it shuts down (503).
    Unready,
    /// Another path, or another program.
    NoSuchPath,
}

impl Symptom {
    /// From an answer to a GET that should be 200; `None` where it shows none of these.
    pub(super) fn of_answer(status: u16, body: &str) -> Option<Self> {
        match status {
            400 if body.contains("no_db_connection") || body.contains("No connected db") => Some(Self::WrongKey),
            401 | 403 if body.contains("No api key passed in") => Some(Self::NoKey),
            401 | 403 => Some(Self::WrongKey),
            404 => Some(Self::NoSuchPath),
            405 => Some(Self::Head),
            500 if body.trim() == "Internal Server Error" => Some(Self::NoPrisma),
            503 => Some(Self::Unready),
            _ => None,
        }
    }

    /// From what a failed check of a container printed; what is asked for first is what masks the rest.
    pub(super) fn of_output(exit: Option<i64>, output: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| output.contains(word));
        let lower = output.to_ascii_lowercase();
        let found = [
            (exit == Some(127) || exit == Some(126) || is_tool_missing(output), Self::ToolMissing),
            (has(&["No api key passed in", "401 Unauthorized", "error: 401", "Error 401"]), Self::NoKey),
            (has(&["No module named 'prisma'"]), Self::NoPrisma),
            (has(&["500 Internal Server Error", "error: 500", "Error 500"]), Self::NoPrisma),
            (has(&["Malformed API Key"]), Self::NoKey),
            (
                has(&["no_db_connection", "No connected db", "400 Bad Request", "error: 400", "Error 400"]),
                Self::WrongKey,
            ),
            (has(&["405 Method Not Allowed", "error: 405", "Error 405"]), Self::Head),
            (lower.contains("timed out") || lower.contains("exceeded timeout"), Self::TooSlow),
            (lower.contains("refused to start"), Self::RefusedToStart),
            (lower.contains("connection refused") || lower.contains("failed to connect"), Self::NotListening),
            (has(&["503 Service Unavailable", "error: 503", "Error 503"]), Self::Unready),
            (has(&["404 Not Found", "error: 404", "Error 404"]), Self::NoSuchPath),
        ];
        found.into_iter().find_map(|(so, symptom)| so.then_some(symptom))
    }

    /// From a text that was given, and the line that tells: the proxy's log, or what a check printed.
    pub(super) fn of_text(text: &str) -> Option<(Self, usize)> {
        let is_log = ["LiteLLM", "HTTP/1.1\"", "HTTP/1.1\\\""].iter().any(|mark| text.contains(mark));
        let of = |part: &str| if is_log { Self::of_log(part) } else { Self::of_output(None, part) };
        let symptom = of(text)?;
        let line = (1..).zip(text.lines()).find(|(_, line)| of(line) == Some(symptom)).map_or(1, |(number, _)| number);
        Some((symptom, line))
    }

    /// From the proxy's own log: only what it says of itself. Most statuses in it are answers to its users, or of upstreams:
    /// a provider's 401 is not a proxy's, and a model's 503 at `/health?model=` is not that of `/health/readiness`.
    fn of_log(text: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let asked = |call: &str, status: &str| text.lines().any(|line| line.contains(call) && line.contains(status));
        let found = [
            (has(&["No api key passed in", "Malformed API Key"]), Self::NoKey),
            (has(&["No module named 'prisma'"]), Self::NoPrisma),
            (has(&["no_db_connection", "No connected db", "Invalid proxy server token"]), Self::WrongKey),
            (asked("\"HEAD /", " 405"), Self::Head),
            (text.to_ascii_lowercase().contains("refused to start"), Self::RefusedToStart),
            (asked("\"GET /health/readiness ", " 503"), Self::Unready),
        ];
        found.into_iter().find_map(|(so, symptom)| so.then_some(symptom))
    }

    /// What it is, in one sentence.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::ToolMissing => "the program that the health check runs is not in the image",
            Self::NoKey => "no key was sent to a path that wants one (401)",
            Self::NoPrisma => {
                "LiteLLM fails at refusing a missing key (500, plain text): its Python package prisma is missing"
            }
            Self::WrongKey => "LiteLLM does not know the key",
            Self::Head => "it is asked by HEAD, which LiteLLM answers with 405 on every path",
            Self::TooSlow => "no answer came in time",
            Self::RefusedToStart => "LiteLLM refused to start: its master key is not set, or is a well-known one",
            Self::NotListening => "nothing listens there",
            Self::Unready => "LiteLLM says that it is not ready (503)",
            Self::NoSuchPath => "there is no such path (404)",
        }
    }

    /// Why that is so.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::ToolMissing => "LiteLLM's images have neither curl nor, in newer ones, wget; python3 is there",
            Self::NoKey => {
                "/health and /v1/models want the master key; /health/liveliness and /health/readiness do not"
            }
            Self::NoPrisma => {
                "without it every request without a key ends in 500 instead of 401, so a health check on a protected \
                 path looks like a crash"
            }
            Self::WrongKey => {
                "without a database LiteLLM answers a wrong key with 400 \"No connected db.\": this is about the key, not \
                 about a database"
            }
            Self::Head => "`wget --spider` and `curl -I` ask by HEAD",
            Self::TooSlow => {
                "/health asks every model at its upstream and takes as long as the slowest: up to 60 s each, so one hung \
                 model makes the container unhealthy"
            }
            Self::RefusedToStart => {
                "since 1.106 the proxy exits at once without a master key, or with `sk-1234` from the tutorials"
            }
            Self::NotListening => {
                "it is still starting (7 to 11 s, more on a small machine), it crashed, or it refused to start: since \
                 1.106 it exits at once without a master key, or with `sk-1234` from the tutorials"
            }
            Self::Unready => "its database is not connected any more, or it is shutting down",
            Self::NoSuchPath => "the address leads to another program, or to another path than LiteLLM's own",
        }
    }
}

/// "curl: not found", "executable file not found in $PATH", but no HTTP 404.
fn is_tool_missing(output: &str) -> bool {
    output.lines().any(|line| {
        let foreign = line.contains("404") || line.contains("HTTP");
        let words = ["not found", "no such file or directory", "No such file or directory"];
        !foreign && words.iter().any(|word| line.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_real_proxy() {
        let samples = [
            (401, include_str!("../../tests/litellm/samples/health-nokey.json"), Some(Symptom::NoKey)),
            (401, include_str!("../../tests/litellm/samples/v1models-nokey.json"), Some(Symptom::NoKey)),
            (401, include_str!("../../tests/litellm/samples/dis-health-nokey.json"), Some(Symptom::NoKey)),
            (400, include_str!("../../tests/litellm/samples/health-wrongkey.json"), Some(Symptom::WrongKey)),
            (400, include_str!("../../tests/litellm/samples/v1models-wrongkey.json"), Some(Symptom::WrongKey)),
            (200, include_str!("../../tests/litellm/samples/v1models.json"), None),
            (200, include_str!("../../tests/litellm/samples/health-liveliness.json"), None),
            (500, "Internal Server Error", Some(Symptom::NoPrisma)),
            (405, "{\"detail\":\"Method Not Allowed\"}", Some(Symptom::Head)),
            (
                401,
                "{\"error\":{\"message\":\"Authentication Error, Invalid proxy server token passed.\"}}",
                Some(Symptom::WrongKey),
            ),
            (500, "{\"error\":{\"message\":\"x\"}}", None),
        ];
        for (status, body, symptom) in samples {
            assert_eq!(Symptom::of_answer(status, body), symptom, "{status} {body}");
        }
    }

    #[test]
    fn what_checks_of_containers_print_in_the_decision_order() {
        for (exit, output, symptom) in [
            (127, "/bin/sh: 1: curl: not found\n", Symptom::ToolMissing),
            (
                -1,
                "OCI runtime exec failed: exec failed: unable to start container process: exec: \"curl\": executable file not found in $PATH: unknown",
                Symptom::ToolMissing,
            ),
            (22, "curl: (22) The requested URL returned error: 401", Symptom::NoKey),
            (1, "urllib.error.HTTPError: HTTP Error 401: Unauthorized", Symptom::NoKey),
            (
                0,
                "{\"error\":{\"message\":\"Authentication Error, No api key passed in.\",\"type\":\"auth_error\"}}",
                Symptom::NoKey,
            ),
            (22, "curl: (22) The requested URL returned error: 500", Symptom::NoPrisma),
            (1, "urllib.error.HTTPError: HTTP Error 400: Bad Request", Symptom::WrongKey),
            (8, "wget: server returned error: HTTP/1.1 405 Method Not Allowed", Symptom::Head),
            (-1, "Health check exceeded timeout (10s)", Symptom::TooSlow),
            (28, "curl: (28) Operation timed out after 10001 milliseconds", Symptom::TooSlow),
            (3, "LiteLLM proxy refused to start: master key", Symptom::RefusedToStart),
            (
                7,
                "curl: (7) Failed to connect to localhost port 4000 after 0 ms: Couldn't connect to server",
                Symptom::NotListening,
            ),
            (1, "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>", Symptom::NotListening),
            (1, "urllib.error.HTTPError: HTTP Error 404: Not Found", Symptom::NoSuchPath),
            (1, "urllib.error.HTTPError: HTTP Error 503: Service Unavailable", Symptom::Unready),
        ] {
            assert_eq!(Symptom::of_output(Some(exit), output), Some(symptom), "{output}");
        }
        assert_eq!(Symptom::of_output(Some(1), "something else"), None);
        let pasted = "curl: (22) The requested URL returned error: 401";
        assert_eq!(Symptom::of_text(pasted), Some((Symptom::NoKey, 1)));
    }

    #[test]
    fn a_log_tells_of_the_proxy_and_what_upstreams_answered_is_not_taken_for_it() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/litellm/samples");
        let of = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            Symptom::of_text(&text).map(|(symptom, _)| symptom)
        };
        for (name, symptom) in [
            ("chat-no-key.log.txt", Symptom::NoKey),
            ("chat-wrong-key.log.txt", Symptom::WrongKey),
            ("log-noprisma-plain.txt", Symptom::NoKey),
        ] {
            assert_eq!(of(name), Some(symptom), "{name}");
        }
        let logs = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let upstreams = |name: &String| {
            let of_models =
                ["chat-gpt-", "chat-or-", "chat-oai-", "chat-unknown", "healthm-", "prom-", "route-", "json-"];
            name.ends_with(".log.txt") && of_models.iter().any(|start| name.starts_with(start))
        };
        let logs: Vec<_> = logs.filter(upstreams).collect();
        assert!(logs.len() > 50, "{logs:?}");
        for name in logs {
            assert_eq!(of(&name), None, "{name}");
        }
        let asked = |line: &str| Symptom::of_text(&format!("INFO:     Uvicorn\nINFO:     1.2.3.4:5 - {line}\n"));
        assert_eq!(asked("\"HEAD /health/liveliness HTTP/1.1\" 405 Method Not Allowed"), Some((Symptom::Head, 2)));
        assert_eq!(asked("\"GET /health/readiness HTTP/1.1\" 503 Service Unavailable"), Some((Symptom::Unready, 2)));
        assert_eq!(asked("\"GET /health?model=a HTTP/1.1\" 503 Service Unavailable"), None);
    }
}
