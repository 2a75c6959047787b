//! What is served at which path.

use super::access::{Access, Verdict};
use super::page;
use super::snapshots::{Failure, Snapshots};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::Stream;
use futures::stream::unfold;
use gdg_operations::metrics;
use gdg_operations::overview::RunSelector;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// What all answers are made from.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) access: Arc<Access>,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) refresh_interval: Duration,
    pub(super) streams: Arc<Semaphore>,
    pub(super) stopped: watch::Receiver<bool>,
}

/// Which run is asked for.
#[derive(Debug, Deserialize)]
struct Asked {
    run: Option<String>,
}

impl Asked {
    fn selector(&self) -> RunSelector {
        match self.run.as_deref() {
            None | Some("") => RunSelector::Latest,
            Some(run) => RunSelector::parse(run),
        }
    }
}

impl Site {
    pub(super) fn router(self) -> Router {
        let guarded = Router::new()
            .route("/", get(dashboard))
            .route("/metrics", get(metrics_text))
            .route("/api/overview", get(overview))
            .route("/events", get(events))
            .layer(middleware::from_fn_with_state(self.clone(), guard));
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .merge(guarded)
            .layer(middleware::from_fn(add_headers))
            .with_state(self)
    }
}

async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    match site.access.judge(request.headers()) {
        Verdict::Welcome => next.run(request).await,
        Verdict::NoToken => {
            // A browser asks its user, and says it again with every request of the page.
            let ask =
                [(header::WWW_AUTHENTICATE, "Basic realm=\"Go-Doc-Go monitor\", charset=\"UTF-8\", Bearer")];
            (StatusCode::UNAUTHORIZED, ask, "a token is needed\n").into_response()
        }
        Verdict::ForeignHost => (StatusCode::FORBIDDEN, "this is served as localhost only\n").into_response(),
    }
}

async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
    response
}

async fn dashboard() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, page::content_security_policy())], Html(page::PAGE)).into_response()
}

/// Whether the database can be read. Why not is for those with a token.
async fn ready(State(site): State<Site>) -> Response {
    match site.snapshots.get(&RunSelector::Latest).await {
        Err(failure) if failure.status == StatusCode::SERVICE_UNAVAILABLE => {
            (failure.status, "the database cannot be read\n").into_response()
        }
        _ => "ok\n".into_response(),
    }
}

async fn metrics_text(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    match site.snapshots.get(&asked.selector()).await {
        Ok(overview) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (kind, metrics::prometheus(&metrics::gauges(&overview))).into_response()
        }
        Err(Failure { status, message }) => (status, format!("{message}\n")).into_response(),
    }
}

async fn overview(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    match site.snapshots.get(&asked.selector()).await {
        Ok(overview) => Json(&*overview).into_response(),
        Err(Failure { status, message }) => (status, Json(json!({ "error": message }))).into_response(),
    }
}

/// A stream of what `/api/overview` says: `overview` events, and `trouble` while the database is away.
async fn events(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let Ok(permit) = Arc::clone(&site.streams).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open\n").into_response();
    };
    Sse::new(updates(site, asked.selector(), permit)).keep_alive(KeepAlive::default()).into_response()
}

fn updates(
    site: Site,
    selector: RunSelector,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold((site, selector, permit, true), |(mut site, selector, permit, is_first)| async move {
        if !is_first {
            tokio::select! {
                () = tokio::time::sleep(site.refresh_interval) => {}
                // Also when whoever would say so is gone.
                _ = site.stopped.wait_for(|is_over| *is_over) => return None,
            }
        }
        let event = match site.snapshots.get(&selector).await {
            Ok(overview) => Event::default().event("overview").json_data(&*overview).unwrap_or_default(),
            Err(failure) => {
                Event::default().event("trouble").data(failure.message.replace(['\r', '\n'], " "))
            }
        };
        Some((Ok(event), (site, selector, permit, false)))
    })
}
