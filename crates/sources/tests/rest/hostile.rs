//! Services that fail, lie or do harm.

use crate::support::{config, document, fetch, listing_error, locators, open, serve};
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{TryStreamExt, stream};
use gdg_config::{
    ByteSize, RestAuthType, RestMethod, RestPaginationConfig, RestPaginationType, RestSourceConfig, Seconds,
    Secret,
};
use gdg_model::ErrorClass;
use gdg_sources::SourceError;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn described(base_url: &str, kind: RestPaginationType) -> RestSourceConfig {
    let mut config = config(base_url);
    config.list.path = some("/list");
    config.list.items = some("/items");
    config.list.id = some("/id");
    config.list.pagination = RestPaginationConfig {
        kind: Some(kind),
        cursor_pointer: some("/next"),
        cursor_parameter: some("after"),
        next_pointer: some("/next"),
        page_parameter: some("page"),
        offset_parameter: some("offset"),
        ..RestPaginationConfig::default()
    };
    config.detail.path = some("/item/{id}");
    config.detail.content = some("/body");
    config.auth.kind = RestAuthType::Bearer;
    config.auth.token = Some(Secret::new("s3cret"));
    config
}

/// What a listing and a fetch make of an answer that is always the same.
async fn errors_of(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> [SourceError; 2] {
    let (for_list, for_item) = (answer.clone(), answer);
    let router = Router::new()
        .route("/list", get(async move || for_list()))
        .route("/item/{id}", get(async move || for_item()));
    let mut config = described(&serve(router).await, RestPaginationType::None);
    config.max_answer_size = ByteSize(100_000);
    let source = open(&config);
    let errors = [listing_error(&*source).await, fetch(&*source, &document("a")).await.unwrap_err()];
    for error in &errors {
        let message = error.to_string();
        assert!(message.contains("source `wiki`") && !message.contains("s3cret"), "{message}");
    }
    errors
}

#[tokio::test]
async fn each_status_means_what_it_says() {
    for (status, class) in [
        (StatusCode::BAD_REQUEST, ErrorClass::Permanent),
        (StatusCode::UNAUTHORIZED, ErrorClass::Permanent),
        (StatusCode::FORBIDDEN, ErrorClass::Permanent),
        (StatusCode::NOT_FOUND, ErrorClass::Permanent),
        (StatusCode::NOT_MODIFIED, ErrorClass::Permanent),
        (StatusCode::REQUEST_TIMEOUT, ErrorClass::Transient),
        (StatusCode::TOO_MANY_REQUESTS, ErrorClass::Transient),
        (StatusCode::INTERNAL_SERVER_ERROR, ErrorClass::Transient),
        (StatusCode::SERVICE_UNAVAILABLE, ErrorClass::Transient),
    ] {
        // A pause of no seconds keeps the test from waiting.
        for error in errors_of(move || (status, [(header::RETRY_AFTER, "0")]).into_response()).await {
            assert_eq!(error.class(), class, "{error}");
            assert!(error.to_string().contains(status.as_str()), "{error}");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    for text in ["", "{", "NaN", r#"{"items": [NaN], "body": NaN}"#, "[1] 2", "\u{feff}{}", "null x"] {
        for error in errors_of(move || text.into_response()).await {
            assert!(matches!(error, SourceError::Malformed { .. }), "{text}: {error}");
        }
    }
    let deep = "[".repeat(50_000);
    for error in errors_of(move || deep.clone().into_response()).await {
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    }
    let not_utf8 = || Body::from(vec![b'"', 0xff, b'"']).into_response();
    for error in errors_of(not_utf8).await {
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_page_to_log_in_at_is_told_as_what_it_is() {
    for error in errors_of(|| Html("<!doctype html><form>Log in</form>").into_response()).await {
        assert!(error.to_string().contains("text/html") && error.to_string().contains("log in"), "{error}");
        assert_eq!(error.class(), ErrorClass::Permanent);
    }
}

#[tokio::test]
async fn json_of_another_shape_is_malformed() {
    for answer in [json!(null), json!([]), json!("x"), json!({ "items": {} }), json!({ "items": null })] {
        for error in errors_of(move || Json(answer.clone()).into_response()).await {
            assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_end_is_read_up_to_the_limit() {
    let endless = || {
        let pieces =
            stream::repeat_with(|| Ok::<_, std::io::Error>("[1, 2, 3, 4, 5, 6, 7, 8, 9], ".repeat(100)));
        let start = stream::iter([Ok(r#"{"body": ["#.to_owned())]);
        Body::from_stream(futures::StreamExt::chain(start, pieces)).into_response()
    };
    for error in errors_of(endless).await {
        let is_too_large =
            matches!(error, SourceError::TooLarge { key: "content_sources[].max_answer_size", .. });
        assert!(is_too_large, "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_does_not_come_is_tried_again() {
    let broken = || {
        let pieces = [Ok(r#"{"items": [{"id": "#.to_owned()), Err(std::io::Error::other("gone"))];
        Body::from_stream(stream::iter(pieces)).into_response()
    };
    for error in errors_of(broken).await {
        assert_eq!(error.class(), ErrorClass::Transient, "{error}");
    }
    let never = Router::new().route("/list", get(std::future::pending::<()>));
    let mut config = described(&serve(never).await, RestPaginationType::None);
    config.timeout = Seconds::milliseconds(50);
    let error = listing_error(&*open(&config)).await;
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
    let refused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error =
        listing_error(&*open(&described(&format!("http://{refused}"), RestPaginationType::None))).await;
    assert!(matches!(error, SourceError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_private_address_needs_to_be_allowed() {
    let base_url = serve(Router::new()).await;
    let mut config = described(&base_url, RestPaginationType::None);
    config.allow_private_networks = false;
    let error = listing_error(&*open(&config)).await;
    assert!(error.to_string().contains("allow_private_networks"), "{error}");
}

/// Whatever a listing repeats, it ends.
async fn repeats(kind: RestPaginationType, list: axum::routing::MethodRouter) {
    let source = open(&described(&serve(Router::new().route("/list", list)).await, kind));
    let error = listing_error(&*source).await;
    assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    assert!(
        error.to_string().contains("never end") || error.to_string().contains("another order"),
        "{error}"
    );
}

#[tokio::test]
async fn a_listing_that_repeats_ends_as_an_error() {
    // The same cursor again, with other items each time.
    let count = Arc::new(AtomicUsize::new(0));
    let next = Arc::clone(&count);
    let same_cursor = get(async move || {
        let id = next.fetch_add(1, Ordering::Relaxed);
        Json(json!({ "items": [{ "id": id }], "next": "/list" }))
    });
    repeats(RestPaginationType::Cursor, same_cursor.clone()).await;
    repeats(RestPaginationType::NextUrl, same_cursor).await;
    // Other cursors, with the same items.
    let next = Arc::clone(&count);
    let same_items = get(async move || {
        let cursor = next.fetch_add(1, Ordering::Relaxed);
        Json(json!({ "items": [{ "id": 1 }, { "id": 2 }], "next": cursor.to_string() }))
    });
    repeats(RestPaginationType::Cursor, same_items.clone()).await;
    repeats(RestPaginationType::Page, same_items.clone()).await;
    repeats(RestPaginationType::Offset, same_items).await;
    // A circle of pages.
    let circle = get(async |Query(parameters): Query<HashMap<String, String>>| {
        let page: u32 = parameters.get("after").map_or(0, |page| page.parse().unwrap());
        Json(json!({ "items": [], "next": ((page + 1) % 7).to_string() }))
    });
    repeats(RestPaginationType::Cursor, circle).await;
    // One item, whatever is asked for.
    let one = get(async || Json(json!({ "items": [{ "id": 1 }] })));
    repeats(RestPaginationType::Page, one.clone()).await;
    repeats(RestPaginationType::Offset, one).await;
    // Pages that never join.
    let next = Arc::clone(&count);
    let other = get(async move || {
        let id = next.fetch_add(2, Ordering::Relaxed);
        Json(json!({ "items": [{ "id": id }, { "id": id + 1 }] }))
    });
    repeats(RestPaginationType::Offset, other).await;
}

#[tokio::test]
async fn a_listing_does_not_leave_its_service() {
    for next in
        ["https://elsewhere.invalid/list", "http://127.0.0.1:1/list", "//elsewhere.invalid/", "file:///etc"]
    {
        let list = get(async move || Json(json!({ "items": [], "next": next })));
        let source =
            open(&described(&serve(Router::new().route("/list", list)).await, RestPaginationType::NextUrl));
        let error = listing_error(&*source).await;
        assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    }
    let source = open(&described("http://127.0.0.1:1", RestPaginationType::NextUrl));
    let cursor = gdg_sources::Cursor::new(r#"{"at":{"url":"http://elsewhere.invalid/"},"behind":[]}"#);
    let error = source.list(Some(cursor), 1).try_next().await.unwrap_err();
    assert!(matches!(error, SourceError::Refused { .. }), "{error}");
}

/// What a server was sent.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(HeaderMap, String)>>>);

async fn record(State(seen): State<Seen>, headers: HeaderMap, body: String) -> Json<Value> {
    seen.0.lock().unwrap().push((headers, body));
    Json(json!({ "items": [{ "id": 1 }] }))
}

#[tokio::test]
async fn what_authorises_is_not_sent_to_another_host() {
    let seen = Seen::default();
    let other = serve(Router::new().route("/list", get(record)).with_state(seen.clone())).await;
    let redirect = get(async move || Redirect::temporary(&format!("{other}/list")));
    let base_url = serve(Router::new().route("/list", redirect)).await;
    for kind in [RestAuthType::Bearer, RestAuthType::Header] {
        let mut config = described(&base_url, RestPaginationType::None);
        config.auth.kind = kind;
        config.auth.header = (kind == RestAuthType::Header).then(|| "X-Api-Key".to_owned());
        config.headers.insert("X-Tenant".into(), Secret::new("s3cret"));
        let listed: Vec<_> = open(&config).list(None, 10).try_collect().await.unwrap();
        assert_eq!(locators(&listed), ["1"]);
    }
    let seen = seen.0.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for (headers, _) in &*seen {
        assert!(headers.values().all(|value| !value.to_str().unwrap().contains("s3cret")), "{headers:?}");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_not_sent_to_another_host() {
    let seen = Seen::default();
    let other = serve(Router::new().route("/list", post(record)).with_state(seen.clone())).await;
    let redirect = post(async move || Redirect::temporary(&format!("{other}/list")));
    let mut config =
        described(&serve(Router::new().route("/list", redirect)).await, RestPaginationType::None);
    config.list.method = Some(RestMethod::Post);
    config.list.body = Some(json!({ "query": "private" }));
    let error = listing_error(&*open(&config)).await;
    assert!(matches!(error, SourceError::Refused { .. }), "{error}");
    assert!(seen.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn redirects_of_a_post_within_the_service_are_followed() {
    let seen = Seen::default();
    let router = Router::new()
        .route("/list", post(async || Redirect::permanent("/new")))
        .route("/new", post(record).get(async || StatusCode::IM_A_TEAPOT))
        .with_state(seen.clone());
    let mut config = described(&serve(router).await, RestPaginationType::None);
    config.list.method = Some(RestMethod::Post);
    config.list.body = Some(json!({ "query": 1 }));
    let listed: Vec<_> = open(&config).list(None, 10).try_collect().await.unwrap();
    assert_eq!(locators(&listed), ["1"]);
    assert_eq!(seen.0.lock().unwrap()[0].1, r#"{"query":1}"#);
}

#[tokio::test]
async fn a_name_for_a_page_that_is_too_long_is_refused() {
    let list = get(async || Json(json!({ "items": [], "next": "x".repeat(20_000) })));
    let source =
        open(&described(&serve(Router::new().route("/list", list)).await, RestPaginationType::Cursor));
    let error = listing_error(&*source).await;
    assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn a_document_is_not_looked_for_without_end() {
    let count = Arc::new(AtomicUsize::new(0));
    for items in [json!([{ "id": 1, "body": "x" }, { "id": 2, "body": "x" }]), json!([])] {
        let count = Arc::clone(&count);
        let list = get(async move || {
            let cursor = count.fetch_add(1, Ordering::Relaxed) % 7_000;
            Json(json!({ "items": items, "next": cursor.to_string() }))
        });
        let mut config =
            described(&serve(Router::new().route("/list", list)).await, RestPaginationType::Cursor);
        config.detail = gdg_config::RestDetailConfig::default();
        config.list.content = some("/body");
        config.requests_per_second = 0;
        let error = fetch(&*open(&config), &document("a")).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{error}");
    }
}
