//! The API of our own store, answered in this process.
//!
//! Decides: that looking makes nothing, and that who may read the store's file may act. Must not know: any path's answer,
//! but that of one which only the loop can do.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::ClientError;
use crate::config::Config;
use crate::daemon::{Desk, Scans};
use crate::probe::Prober;
use crate::serve::{self, Acts, App, Live, Order, Rights};
use crate::store::Store;

/// No answer of ours is larger.
const LARGEST: usize = 64 << 20;

/// The router over a store, and who carries out what is asked of it.
#[derive(Debug)]
pub(super) struct Local {
    place: String,
    config: Config,
    store: Store,
    router: Router,
    /// Taken by the desk, which is there from the first act on: a look needs no prober.
    orders: Mutex<Option<mpsc::Receiver<Order>>>,
    desk: OnceCell<()>,
}

impl Local {
    pub(super) async fn open(config: Config) -> anyhow::Result<Self> {
        let place = config.store.path.display().to_string();
        anyhow::ensure!(
            config.store.path.exists(),
            "no store at {place}: `channelwarden run` has not started yet; `channelwarden sweep --dry-run` makes one too"
        );
        let store = Store::open(&config.store.path).await?;
        let (acts, orders) = Acts::new();
        let app = App::of_owner(store.clone(), Arc::new(config.clone()), Live::default(), acts);
        let (router, orders) = (serve::router(app), Mutex::new(Some(orders)));
        Ok(Self { place, config, store, router, orders, desk: OnceCell::new() })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.ask(Method::GET, path, Body::empty()).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        if path == "/api/scan" {
            let (message, hint) = ("a round is the loop's, and cannot be begun from here", "channelwarden sweep");
            let status = StatusCode::CONFLICT.as_u16();
            return Err(ClientError::Refused { status, message: message.to_owned(), hint: hint.to_owned() });
        }
        self.desk.get_or_try_init(|| self.attend()).await?;
        self.ask(Method::POST, path, Body::from(body.to_string())).await
    }

    /// Has the loop's own desk carry out what is asked for, in a task of its own, until the last of us is dropped.
    async fn attend(&self) -> Result<(), ClientError> {
        let prober = Prober::with_accounts(&self.config, &self.store).await;
        let prober = prober.map_err(|why| ClientError::Odd(format!("nothing can be done from here: {why}")))?;
        let desk = Desk {
            config: self.config.clone(),
            store: self.store.clone(),
            prober,
            live: Live::default(),
            scans: Scans::default(),
            stop: CancellationToken::new(),
            retire: CancellationToken::new(),
        };
        if let Some(orders) = self.orders.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tokio::spawn(desk.attend(orders));
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, body: Body) -> Result<Value, ClientError> {
        let odd = |why: &dyn std::fmt::Display| ClientError::Odd(format!("{path} cannot be asked for: {why}"));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| odd(&error))?;
        request.extensions_mut().insert(Rights::of_owner());
        let response = self.router.clone().oneshot(request).await.map_err(|error| odd(&error))?;
        let status = response.status();
        let body = to_bytes(response.into_body(), LARGEST).await.map_err(|error| odd(&error))?;
        let body: Value = serde_json::from_slice(&body).map_err(|error| odd(&error))?;
        if status.is_success() {
            return Ok(body);
        }
        Err(ClientError::told(status.as_u16(), &body).unwrap_or_else(|| odd(&status)))
    }
}
