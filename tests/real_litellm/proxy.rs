//! A `LiteLLM` proxy as its users run it, stopped by its pid.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A part of the master key: nothing of ours may hold it.
pub(crate) const CANARY: &str = "canary-4711";
const KEY: &str = "sk-canary-4711-0123456789abcdef";

/// A port that nothing listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) struct Proxy {
    child: Child,
    port: u16,
}

impl Proxy {
    /// Starts it in this folder, with these public names and providers, all at one upstream, and waits until it answers.
    pub(crate) async fn start(folder: &Path, upstream: &str, names: &[(&str, &str)], settings: &Value) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
        let program = std::env::var("CHANNELWARDEN_TEST_LITELLM").expect("run scripts/test-litellm");
        let mut models = String::new();
        for (name, provider) in names {
            let params = json!({
                "model": format!("{provider}/{name}"), "api_base": format!("{upstream}/v1"), "api_key": "sk-upstream", "timeout": 8,
            });
            writeln!(models, "  - {}", json!({ "model_name": name, "litellm_params": params })).unwrap();
        }
        let mut general = settings.clone();
        general["master_key"] = json!("os.environ/LITELLM_MASTER_KEY");
        fs::write(folder.join("litellm.yaml"), format!("model_list:\n{models}general_settings: {general}\n")).unwrap();
        fs::write(folder.join(".env"), format!("# LiteLLM\nLITELLM_MASTER_KEY=\"{KEY}\"\n")).unwrap();
        let log = fs::File::create(folder.join("litellm.log")).unwrap();
        let port = free_port();
        let mut command = Command::new(program);
        command.args(["--config", "litellm.yaml", "--host", "127.0.0.1", "--port", &port.to_string()]);
        command.current_dir(folder).env("LITELLM_MASTER_KEY", KEY).env("NO_PROXY", "*");
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut proxy = Self { child, port };
        let begun = Instant::now();
        while reqwest::get(format!("{}/health/liveliness", proxy.url())).await.is_err() {
            let log = || fs::read_to_string(folder.join("litellm.log")).unwrap_or_default();
            assert!(proxy.child.try_wait().unwrap().is_none(), "it ended: {}", log());
            assert!(begun.elapsed() < Duration::from_mins(3), "it does not start: {}", log());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks as a user does; the status.
    #[expect(clippy::disallowed_methods, reason = "a user of the proxy, not of ours")]
    pub(crate) async fn ask(&self, model: &str) -> u16 {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }], "max_tokens": 16 });
        let request = reqwest::Client::new().post(format!("{}/v1/chat/completions", self.url()));
        let request = request.bearer_auth(KEY).header("content-type", "application/json").body(body.to_string());
        request.send().await.unwrap().status().as_u16()
    }

    /// Ends it at once: with checks under way it would drain for long.
    pub(crate) fn stop(&self) {
        let _ = Command::new("sh").args(["-c", &format!("kill -KILL {}", self.child.id())]).status();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop();
        let _ = self.child.wait();
    }
}
