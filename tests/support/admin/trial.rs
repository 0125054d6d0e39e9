//! The gateways' own channel test: which model it asks for, what it does besides, and what it says.

use serde_json::{Value, json};

use super::door::{Answer, no, says};
use super::object::Object;
use super::{Program, Shared, Trial};
use crate::gateways::records::LogRow;

impl Shared {
    pub(super) async fn test(&self, id: i64, wanted: &str) -> Answer {
        let Some(channel) = self.object(id).await else { return no("record not found") };
        let text = |name: &str| channel.get(name).and_then(Value::as_str).unwrap_or_default();
        let first = text("models").split(',').next().unwrap_or_default();
        let model = match self.program {
            // Anything that is no part of the list becomes its first name, without a word.
            Program::OneApi if wanted.is_empty() || !text("models").contains(wanted) => first,
            Program::OneHub | Program::DoneHub if wanted.is_empty() && text("test_model").is_empty() => {
                return no("请填写测速模型后再试");
            }
            Program::OneApi
            | Program::NewApiOld
            | Program::NewApi
            | Program::Veloera
            | Program::OneHub
            | Program::DoneHub => {
                let ways = [wanted, text("test_model").trim(), first.trim()];
                ways.into_iter().find(|name| !name.is_empty()).unwrap_or("gpt-4o-mini")
            }
        };
        let (model, status) = (model.to_owned(), channel["status"].as_i64());
        if matches!(channel["type"].as_i64(), Some(2 | 5 | 36 | 50 | 51 | 52 | 54)) && !self.program.is_hub() {
            return self.failed(&channel, "channel test is not supported", None).await;
        }
        let priced = matches!(self.program, Program::NewApi | Program::NewApiOld | Program::Veloera);
        if priced && !self.prices().await.has(&model) {
            let words = format!("模型 {model} 的价格未配置，请联系管理员");
            return self.failed(&channel, &words, Some("model_price_error")).await;
        }
        self.knobs().asked.push((id, model.clone()));
        let trial = self.knobs().trials.get(&model).cloned().unwrap_or(Trial::Works);
        match trial {
            Trial::Works => self.worked(id, &model).await,
            Trial::Fails(code, words) => {
                let wants = self.option("AutomaticDisableChannelEnabled").await;
                // A hub's test may switch the channel off, by the rule for traffic.
                if self.program.is_hub() && wants.as_deref() == Some("true") && code == 401 && status == Some(1) {
                    self.db.run(&format!("UPDATE channels SET status = 3 WHERE id = {id}")).await;
                    self.live.lock().unwrap().0.retain(|(live, ..)| *live != id);
                    return no(&format!("测速失败，已被禁用，原因：{words}"));
                }
                let words = match self.program {
                    Program::NewApi => {
                        let body = json!({ "error": { "message": words, "type": "invalid_request_error" } });
                        format!("bad response status code {code}, message: {words}, body: {body}")
                    }
                    Program::NewApiOld | Program::Veloera => format!("status code {code}: {words}"),
                    Program::OneApi => format!("http status code: {code}, error message: {words}"),
                    Program::OneHub | Program::DoneHub => words,
                };
                self.failed(&channel, &words, Some("bad_response")).await
            }
        }
    }

    async fn worked(&self, id: i64, model: &str) -> Answer {
        self.db.run(&format!("UPDATE channels SET response_time = 450, test_time = 1700000999 WHERE id = {id}")).await;
        let row = LogRow::at(1_700_000_999, id, model);
        match self.program {
            Program::OneApi => self.db.logged(&[row.one_api_test()]).await,
            Program::NewApi | Program::NewApiOld | Program::Veloera => self.db.logged(&[row.test()]).await,
            Program::OneHub | Program::DoneHub => {}
        }
        let message = if self.program.is_hub() { "测速成功" } else { "" };
        let mut body = json!({ "success": true, "message": message, "time": 0.45 });
        if self.program == Program::OneApi {
            body["modelName"] = json!(model);
        }
        says(200, &body)
    }

    async fn failed(&self, channel: &Object, words: &str, code: Option<&str>) -> Answer {
        let message = if self.program.is_hub() { format!("测速失败，原因：{words}") } else { words.to_owned() };
        let mut body = json!({ "success": false, "message": message, "time": 0.0 });
        match (self.program, code) {
            (Program::NewApi, Some(code)) => body["error_code"] = json!(code),
            (Program::OneApi, _) => {
                let row = LogRow::at(1_700_000_999, channel["id"].as_i64().unwrap(), "").one_api_test();
                let row = LogRow { content: format!("渠道 plain 测试失败，错误：{words}"), ..row };
                self.db.logged(&[row]).await;
            }
            _ => {}
        }
        says(200, &body)
    }
}
