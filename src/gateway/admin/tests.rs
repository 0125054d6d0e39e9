//! Against a server that answers as a test has it, call by call.

use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{Method, Response, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::config::SecretRef;
use crate::gateway::side::Side;
use crate::gateway::{Order, SwapError, Swapped, Unreadable};
use crate::model::{ChannelRef, Intent, ListText, Rows};
use crate::store::Store;

const TOKEN: &str = "canary-token-0123456789";

type Change = fn(&mut Vec<Value>);

/// A gateway's channels, and what it was asked.
#[derive(Default)]
struct Served {
    form: Option<Form>,
    channels: Vec<Value>,
    /// One Hub's tags are listed with pages, as newer forks do.
    paged_tags: bool,
    calls: Vec<String>,
    sent: Vec<Value>,
    /// Instead of the answer to the next call that starts so: a status with a body, or (0) a cut connection, before or
    /// after ("done") it is done.
    instead: Vec<(&'static str, u16, &'static str)>,
    /// Done to the channels right after the first call that starts so.
    then: Option<(&'static str, Change)>,
    /// Done to them once a decision was made.
    meanwhile: Option<Change>,
}

type Shared = Arc<Mutex<Served>>;

impl Served {
    fn new(form: Form, channels: Vec<Value>) -> Shared {
        Arc::new(Mutex::new(Self { form: Some(form), channels, ..Self::default() }))
    }

    fn answer(&mut self, method: &Method, uri: &Uri, body: &[u8]) -> (u16, String) {
        let call = format!("{method} {uri}");
        self.calls.push(call.clone());
        let at = self.instead.iter().position(|(start, ..)| call.starts_with(start));
        let instead = at.map(|at| self.instead.remove(at));
        if let Some((_, status, words)) = instead.filter(|(_, _, words)| *words != "done") {
            return (status, words.to_owned());
        }
        let data = if method == Method::PUT { self.put(uri.path(), body) } else { self.get(uri) };
        if let Some((_, change)) = self.then.take_if(|(start, _)| call.starts_with(*start)) {
            change(&mut self.channels);
        }
        match (instead, data) {
            (Some((_, status, _)), _) => (status, String::new()),
            (None, Ok(data)) => (200, json!({ "success": true, "message": "", "data": data }).to_string()),
            (None, Err(why)) => (200, json!({ "success": false, "message": why }).to_string()),
        }
    }

    fn put(&mut self, path: &str, body: &[u8]) -> Result<Value, String> {
        let body: Value = serde_json::from_slice(body).unwrap();
        self.sent.push(body.clone());
        if path.ends_with("/del_model") {
            return Ok(json!(1));
        }
        let channel = self.channels.iter_mut().find(|channel| channel["id"] == body["id"]);
        channel.ok_or("record not found")?["models"] = body["models"].clone();
        Ok(Value::Null)
    }

    fn get(&self, uri: &Uri) -> Result<Value, String> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let number = |name: &str| -> usize {
            query.iter().find(|(key, _)| key == name).map_or(0, |(_, value)| value.parse().unwrap())
        };
        let hidden = |channel: &Value| {
            let mut channel = channel.clone();
            channel["key"] = json!("");
            channel
        };
        let page = |channels: Vec<Value>, from: usize, size: usize| -> Vec<Value> {
            channels.into_iter().skip(from * size).take(size).collect()
        };
        let newest_first: Vec<_> = self.channels.iter().rev().map(hidden).collect();
        let parts: Vec<_> = uri.path().trim_start_matches("/api/").split('/').collect();
        match (parts.as_slice(), self.form.unwrap()) {
            (["channel", ""], Form::Bare) => Ok(json!(page(newest_first, number("p"), 10))),
            (["channel", ""], Form::Items) => {
                let total = newest_first.len();
                let items = page(newest_first, number("p").max(1) - 1, number("page_size"));
                Ok(json!({ "items": items, "total": total, "page": 1, "page_size": 100 }))
            }
            (["channel", ""], Form::Hub) => {
                let plain = |channel: &&Value| number("filter_tag") != 1 || channel["tag"] == "";
                let found: Vec<_> = self.channels.iter().filter(plain).map(hidden).collect();
                let total = found.len();
                let data = page(found, number("page").max(1) - 1, number("size"));
                Ok(json!({ "data": data, "page": 1, "size": 100, "total_count": total }))
            }
            (["channel_tag", "_all"], _) => Ok(json!([{ "id": 0, "tag": "a b" }, { "id": 0, "tag": "t" }])),
            (["channel_tag", tag, "list"], _) => {
                let tag = tag.replace("%20", " ");
                let found: Vec<_> = self.channels.iter().filter(|channel| channel["tag"] == tag).cloned().collect();
                let total = found.len();
                Ok(if self.paged_tags {
                    json!({ "data": page(found, number("page") - 1, 3), "total_count": total })
                } else {
                    json!(found)
                })
            }
            (["channel", id], form) => {
                let channel = self.channels.iter().find(|channel| channel["id"].as_u64() == id.parse().ok());
                let channel = channel.ok_or("record not found")?;
                Ok(if form == Form::Hub { channel.clone() } else { hidden(channel) })
            }
            (path, _) => Err(format!("no such call: {path:?}")),
        }
    }

    /// Listens, and is spoken to.
    async fn open(served: &Shared, kind: Option<GatewayKind>) -> Result<Admin, GatewayError> {
        let state = Arc::clone(served);
        let answer = move |method: Method, uri: Uri, body: Bytes| async move {
            let (status, text) = state.lock().unwrap().answer(&method, &uri, &body);
            let cut = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
            let (status, body) = if status == 0 { (200, Body::from_stream(cut)) } else { (status, Body::from(text)) };
            let answer = Response::builder().status(status);
            let answer = if status == 429 { answer.header("retry-after", 0) } else { answer };
            answer.body(body).unwrap()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let token = SecretRef::literal(TOKEN);
        let api = ApiConfig { url, token, user: Some(1), user_key: None, test_channels: false };
        let admin = Admin::open("g", &api, kind, &ProbeConfig::default(), "salt").await?;
        Ok(admin.with_pace(Duration::ZERO))
    }
}

fn channel(id: usize, tag: &str) -> Value {
    json!({
        "id": id, "type": 1, "key": format!("sk-{id}"), "name": format!("c{id}"), "status": 1, "created_time": 1000 + id,
        "models": "a,b,c", "group": "default", "tag": tag, "auto_ban": 1, "setting": null, "priority": 0, "weight": 1,
    })
}

async fn ids(mut pages: Pages<'_>) -> Vec<i64> {
    let mut ids = vec![];
    loop {
        let page = pages.next().await.unwrap();
        if page.is_empty() {
            return ids;
        }
        ids.extend(page.iter().map(|read| match read {
            Ok(channel) => channel.id,
            Err(Unreadable { channel, .. }) => -channel.id,
        }));
    }
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn every_channel_is_found_once_in_every_form() {
    use GatewayKind::{NewApi, OneApi, OneHub};
    for (form, kind, paged) in [
        (Form::Items, NewApi, false),
        (Form::Bare, OneApi, false),
        (Form::Hub, OneHub, false),
        (Form::Hub, OneHub, true),
    ] {
        let tag = |id: usize| ["", "a b", "", "t"][id % 4];
        let mut channels: Vec<_> = (1..=250).map(|id| channel(id, tag(id))).collect();
        channels[6]["models"] = json!(7);
        let served = Served::new(form, channels);
        served.lock().unwrap().paged_tags = paged;
        let admin = Served::open(&served, Some(kind)).await.unwrap();
        let all: Vec<_> = (1..=250).map(|id| if id == 7 { -7 } else { id }).collect();
        let found = ids(admin.pages(None)).await;
        let mut once = found.iter().map(|id| id.abs()).collect::<Vec<_>>();
        once.sort_unstable();
        assert_eq!(once, (1..=250).collect::<Vec<i64>>(), "{form:?}");
        assert_eq!(sorted(found), sorted(all), "{form:?}: one that cannot be read hides no other");
        assert_eq!(admin.count().await.unwrap(), 250);
        assert_eq!(sorted(ids(admin.pages(Some(vec![3, 999, 3, 250]))).await), [3, 250]);
        let many: Vec<_> = (100..150).chain([999]).collect();
        assert_eq!(sorted(ids(admin.pages(Some(many))).await), (100..150).collect::<Vec<_>>(), "{form:?}");
        let read = admin.channel(3).await.unwrap().unwrap();
        assert_eq!((read.key_hidden, read.keys.len()), if form == Form::Hub { (false, 1) } else { (true, 0) });
        assert!(admin.channel(999).await.unwrap().is_none());
        let names = [ModelName::parse("b").unwrap()];
        assert_eq!(admin.routes(&names).await.unwrap().len(), 249);
    }
}

#[tokio::test]
async fn a_list_that_shifts_while_it_is_read_hides_no_channel() {
    for (form, kind) in [(Form::Bare, GatewayKind::OneApi), (Form::Items, GatewayKind::NewApi)] {
        let served = Served::new(form, (1..=150).map(|id| channel(id, "")).collect());
        let admin = Served::open(&served, Some(kind)).await.unwrap();
        // The newest is gone once its page was given: all others move up by one.
        served.lock().unwrap().then = Some(("GET /api/channel/?p=", |channels| drop(channels.pop())));
        assert_eq!(sorted(ids(admin.pages(None)).await), (1..=150).collect::<Vec<_>>(), "{form:?}");
        // A new one: all others move down, and one is given twice.
        served.lock().unwrap().then = Some(("GET /api/channel/?p=", |channels| channels.push(channel(151, ""))));
        let found = sorted(ids(admin.pages(None)).await);
        let all: Vec<_> = (1..=151).filter(|id| *id != 150).collect();
        assert_eq!(found, all, "{form:?}");
    }
}

#[tokio::test]
async fn the_program_is_told_from_its_answer_where_that_is_certain() {
    let open = |form, channels| async move { Served::open(&Served::new(form, channels), None).await };
    assert_eq!(open(Form::Items, vec![channel(1, "")]).await.unwrap().kind(), GatewayKind::NewApi);
    let with = |name: &str| {
        let mut channel = channel(1, "");
        channel[name] = json!(0);
        vec![channel]
    };
    assert_eq!(open(Form::Bare, with("model_prefix")).await.unwrap().kind(), GatewayKind::Veloera);
    assert_eq!(open(Form::Hub, with("pre_cost")).await.unwrap().kind(), GatewayKind::OneHub);
    let said = open(Form::Hub, vec![]).await.unwrap_err().to_string();
    assert!(said.starts_with("gateways.g.kind: ") && said.contains("set `kind`"), "{said}");
    let hub = Served::new(Form::Hub, with("pre_cost"));
    let said = Served::open(&hub, Some(GatewayKind::NewApi)).await.unwrap_err().to_string();
    assert!(said.contains("it is New API") && said.contains("as One Hub does"), "{said}");
}

#[tokio::test]
async fn troubles_are_named_and_show_no_token() {
    let words = r#"{"success":false,"message":"无权进行此操作，access token 无效 canary-token-0123456789"}"#;
    for (status, body, says) in [
        (401, words, "does not know our token"),
        (200, words, "does not know our token"),
        (403, r#"{"success":false,"message":"x"}"#, "does not allow our user"),
        (200, r#"{"success":false,"message":"无权进行此操作，权限不足"}"#, "must be an admin"),
        (200, "<!doctype html>", "has no such call"),
        (404, "", "has no such call"),
        (502, "bad gateway", "answered oddly: HTTP 502"),
        (200, r#"{"data":[]}"#, "no `success`"),
        (0, "", "is it running"),
    ] {
        let served = Served::new(Form::Bare, vec![]);
        served.lock().unwrap().instead.push(("GET", status, body));
        let said = Served::open(&served, None).await.unwrap_err().to_string();
        assert!(said.contains(says) && said.contains("http://127.0.0.1:"), "{status} {body}: {said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

/// A write to channel 1, and what came of it.
async fn write(served: &Shared, kind: GatewayKind, list: &str, rehearse: bool) -> Result<Swapped, SwapError> {
    let admin = Served::open(served, Some(kind)).await.unwrap();
    let mut channel = admin.channel(1).await.unwrap().unwrap();
    let intent = Intent {
        gateway: "g".to_owned(),
        round: None,
        channel: ChannelRef { id: 1, created: channel.created, name: std::mem::take(&mut channel.name) },
        fingerprint: channel.fingerprint.clone(),
        before: admin.image(1).await.unwrap().unwrap(),
        models: ListText::parse(list).unwrap(),
        rows: Rows::AsTheGateway,
        removed: vec![],
        added: vec![],
        restored: vec![],
        undoes: None,
    };
    {
        let mut served = served.lock().unwrap();
        if let Some(change) = served.meanwhile.take() {
            change(&mut served.channels);
        }
        served.calls.clear();
    }
    if rehearse {
        return admin.swap(&Order::Rehearse(&intent), Side::Admin(&admin)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("own.db")).await.unwrap();
    let permit = store.permit(&intent);
    let journaled = store.open_intent(intent, Timestamp::UNIX_EPOCH).await.unwrap();
    let order = Order::Commit { journaled: &journaled, permit: &permit };
    admin.swap(&order, Side::Admin(&admin)).await
}

const KINDS: [(Form, GatewayKind); 5] = [
    (Form::Items, GatewayKind::NewApi),
    (Form::Bare, GatewayKind::NewApi),
    (Form::Bare, GatewayKind::OneApi),
    (Form::Bare, GatewayKind::Veloera),
    (Form::Hub, GatewayKind::OneHub),
];

#[tokio::test]
async fn a_hub_gets_all_of_it_back_and_the_others_the_list_alone() {
    for (form, kind) in KINDS {
        let mut whole = channel(1, "");
        whole["future"] = json!({ "b": [1, null], "a": 0.1 });
        let served = Served::new(form, vec![whole.clone()]);
        let rehearsed = write(&served, kind, "a,c", true).await.unwrap();
        assert_eq!((rehearsed.after.models.as_str(), served.lock().unwrap().sent.len()), ("a,c", 0));
        let swapped = write(&served, kind, "a,c", false).await.unwrap();
        assert_eq!((swapped.after.models.as_str(), swapped.statements.writes), ("a,c", 1));
        let sent = served.lock().unwrap().sent.clone();
        whole["models"] = json!("a,c");
        let expected = if form == Form::Hub { whole } else { json!({ "id": 1, "models": "a,c" }) };
        assert_eq!(sent, [expected], "{kind}");
        let calls = served.lock().unwrap().calls.clone();
        assert_eq!(calls, ["GET /api/channel/1", "PUT /api/channel/", "GET /api/channel/1"], "{kind}");
    }
}

#[tokio::test]
async fn somebody_elses_edit_stays() {
    let edits: [(Change, &str); 4] = [
        (|channels| channels[0]["models"] = json!("a,b,C"), "its list"),
        (|channels| channels[0]["status"] = json!(2), "another of its columns"),
        (|channels| channels[0]["created_time"] = json!(5), "another channel now"),
        (|channels| channels.clear(), "deleted"),
    ];
    for (form, kind) in KINDS {
        for (edit, says) in edits {
            let served = Served::new(form, vec![channel(1, "")]);
            served.lock().unwrap().meanwhile = Some(edit);
            let error = write(&served, kind, "a", false).await.unwrap_err();
            assert!(matches!(&error, SwapError::Conflict(why) if why.contains(says)), "{kind}: {error}");
            assert!(served.lock().unwrap().sent.is_empty());
        }
        // A gateway that says yes and does nothing.
        let served = Served::new(form, vec![channel(1, "")]);
        served.lock().unwrap().instead.push(("PUT", 200, r#"{"success":true,"message":""}"#));
        let error = write(&served, kind, "a", false).await.unwrap_err();
        assert!(matches!(&error, SwapError::Refused(why) if why.contains("old list")), "{kind}: {error}");
    }
}

#[tokio::test]
async fn what_a_failed_write_did_is_known_or_looked_up() {
    let no = r#"{"success":false,"message":"Error 1205: Lock wait timeout exceeded"}"#;
    let rights = r#"{"success":false,"message":"ERROR: permission denied for table abilities (SQLSTATE 42501)"}"#;
    let door = r#"{"success":false,"message":"无权进行此操作，权限不足"}"#;
    for (status, words, looked_up) in [
        (401, "{}", false),
        (403, "{}", false),
        (404, "{}", false),
        (200, door, false),
        (0, "", true),
        (0, "done", true),
        (200, no, true),
        (200, rights, true),
    ] {
        let served = Served::new(Form::Items, vec![channel(1, "")]);
        served.lock().unwrap().instead.push(("PUT", status, words));
        let error = write(&served, GatewayKind::NewApi, "a", false).await.unwrap_err();
        let right = match &error {
            SwapError::Database(_) => looked_up,
            SwapError::Unwritten(_) => !looked_up,
            SwapError::Conflict(_) | SwapError::OnHold(_) | SwapError::Refused(_) => false,
        };
        assert!(right, "{status} {words}: {error:?}");
        let stands = served.lock().unwrap().channels[0]["models"].clone();
        assert_eq!(stands, if words == "done" { "a" } else { "a,b,c" });
    }
    // Somebody else's list, right after ours.
    let served = Served::new(Form::Items, vec![channel(1, "")]);
    served.lock().unwrap().then = Some(("PUT", |channels| channels[0]["models"] = json!("z")));
    let error = write(&served, GatewayKind::NewApi, "a", false).await.unwrap_err();
    assert!(matches!(&error, SwapError::Conflict(why) if why.contains("somebody else")), "{error}");
}

#[tokio::test]
async fn haste_is_waited_out_and_all_is_compared_again() {
    let served = Served::new(Form::Items, vec![channel(1, "")]);
    served.lock().unwrap().instead.extend([("PUT", 429, ""), ("PUT", 429, "")]);
    write(&served, GatewayKind::NewApi, "a", false).await.unwrap();
    let calls = served.lock().unwrap().calls.clone();
    assert_eq!(calls.iter().filter(|call| call.starts_with("PUT")).count(), 3);
    assert_eq!(
        calls.iter().filter(|call| call.starts_with("GET")).count(),
        4,
        "before each of them, and after: {calls:?}"
    );

    let served = Served::new(Form::Items, vec![channel(1, "")]);
    served.lock().unwrap().instead.extend([("PUT", 429, ""); 9]);
    let error = write(&served, GatewayKind::NewApi, "a", false).await.unwrap_err();
    assert!(matches!(&error, SwapError::Unwritten(_)) && error.to_string().contains("429"), "{error}");
}

#[tokio::test]
async fn what_would_do_harm_is_not_sent() {
    let with = |name: &str, value: &str| {
        let mut channel = channel(1, "");
        channel[name] = json!(value);
        channel
    };
    let long = "x".repeat(192);
    for (form, kind, object, list, says) in [
        (Form::Hub, GatewayKind::OneHub, with("key", ""), "a", Some("does not show its key")),
        (Form::Hub, GatewayKind::DoneHub, with("key", "sk-1***9"), "a", Some("does not show its key")),
        (Form::Hub, GatewayKind::OneHub, channel(1, ""), long.as_str(), None),
        (Form::Bare, GatewayKind::OneApi, channel(1, ""), long.as_str(), Some("191")),
        (Form::Bare, GatewayKind::Veloera, channel(1, ""), "a,b,A", Some("twice")),
        (Form::Bare, GatewayKind::OneApi, with("group", "vip,VIP"), "a", Some("twice")),
        (Form::Items, GatewayKind::NewApi, channel(1, ""), "a,b,a", None),
    ] {
        let served = Served::new(form, vec![object]);
        let done = write(&served, kind, list, false).await;
        match (says, done) {
            (None, Ok(_)) => {}
            (Some(says), Err(SwapError::Refused(why))) => {
                assert!(why.contains(says), "{why}");
                assert!(served.lock().unwrap().sent.is_empty());
            }
            (says, done) => panic!("{kind} {list}: {says:?}, but {done:?}"),
        }
    }
}

#[tokio::test]
async fn a_hub_is_made_to_read_again_by_taking_off_what_nobody_lists() {
    let served = Served::new(Form::Hub, vec![channel(1, "")]);
    let admin = Served::open(&served, Some(GatewayKind::OneHub)).await.unwrap();
    admin.reload(1).await.unwrap();
    {
        let served = served.lock().unwrap();
        assert_eq!(served.calls.last().unwrap(), "PUT /api/channel/batch/del_model");
        assert_eq!(served.sent[0]["ids"], json!([1]));
        assert!(served.sent[0]["value"].as_str().is_some_and(|name| !name.is_empty() && !"a,b,c".contains(name)));
    }
    served.lock().unwrap().instead.push(("PUT", 500, "oops"));
    assert!(admin.reload(1).await.is_err());
}
