//! A service that is described key by key, in each way of going on from page to page.

use crate::support::{batches, config, document, fetch, listed, locators, open, serve, text_of, try_open};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gdg_config::{ByteSize, RestMethod, RestPaginationConfig, RestPaginationType, RestSourceConfig, Secret};
use gdg_model::{ErrorClass, Stamp};
use gdg_sources::conformance::Fixture;
use gdg_sources::{Cursor, Fetch, Source, SourceError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// Articles by id, each with its version and its text.
#[derive(Clone, Default)]
struct Articles(Arc<Mutex<BTreeMap<String, (u64, String)>>>);

impl Articles {
    fn put(&self, id: &str, text: &str) {
        let mut articles = self.0.lock().unwrap();
        let version = articles.get(id).map_or(1, |(version, _)| version + 1);
        articles.insert(id.to_owned(), (version, text.to_owned()));
    }

    fn remove(&self, id: &str) {
        self.0.lock().unwrap().remove(id);
    }

    fn items(&self) -> Vec<Value> {
        let articles = self.0.lock().unwrap();
        let item = |(id, (version, text)): (&String, &(u64, String))| json!({ "id": id, "meta": { "version": version }, "body": text, "title": id });
        articles.iter().map(item).collect()
    }

    /// The items without their texts, as most services list them.
    fn outlines(&self) -> Vec<Value> {
        let mut items = self.items();
        items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| drop(item.remove("body")));
        items
    }
}

type Parameters = Query<HashMap<String, String>>;

fn number(parameters: &HashMap<String, String>, name: &str, default: usize) -> usize {
    parameters.get(name).map_or(default, |value| value.parse().unwrap())
}

/// The items behind the one that the cursor names.
fn behind(items: &[Value], cursor: &str, size: usize) -> (Vec<Value>, Option<String>) {
    let mut rest: Vec<Value> =
        items.iter().filter(|item| item["id"].as_str().unwrap() > cursor).cloned().collect();
    let more = rest.len() > size;
    rest.truncate(size);
    let next = rest.last().filter(|_| more).map(|item| item["id"].as_str().unwrap().to_owned());
    (rest, next)
}

async fn by_cursor(State(articles): State<Articles>, Query(parameters): Parameters) -> Json<Value> {
    let cursor = parameters.get("after").map_or("", String::as_str);
    let items = if parameters.contains_key("full") { articles.items() } else { articles.outlines() };
    let (items, next) = behind(&items, cursor, number(&parameters, "size", 100));
    Json(json!({ "data": { "items": items }, "next": next }))
}

async fn by_post(State(articles): State<Articles>, Json(asked): Json<Value>) -> Json<Value> {
    assert_eq!(asked["filter"], "published");
    let cursor = asked["after"].as_str().unwrap_or("");
    let (items, next) = behind(&articles.outlines(), cursor, asked["size"].as_u64().unwrap() as usize);
    Json(json!({ "data": { "items": items }, "next": next }))
}

async fn by_offset(State(articles): State<Articles>, Query(parameters): Parameters) -> Json<Value> {
    let (offset, size) = (number(&parameters, "offset", 0), number(&parameters, "size", 100));
    let items: Vec<_> = articles.outlines().into_iter().skip(offset).take(size).collect();
    Json(json!({ "data": { "items": items } }))
}

async fn by_page(State(articles): State<Articles>, Query(parameters): Parameters) -> Response {
    let (page, size) = (number(&parameters, "page", 1), number(&parameters, "size", 100));
    let items = articles.outlines();
    let total = items.len();
    let items: Vec<_> = items.into_iter().skip((page - 1) * size).take(size).collect();
    if items.is_empty() && page > 1 {
        return StatusCode::NOT_FOUND.into_response();
    }
    Json(json!({ "data": { "items": items }, "total": total.to_string() })).into_response()
}

async fn by_link(State(articles): State<Articles>, Query(parameters): Parameters) -> Response {
    let cursor = parameters.get("after").map_or("", String::as_str);
    let size = number(&parameters, "size", 100);
    let (items, next) = behind(&articles.outlines(), cursor, size);
    let answer = Json(json!({ "data": { "items": items } }));
    match next {
        None => answer.into_response(),
        Some(next) => {
            let next = url_encoded(&next);
            let link = format!("</other>; rel=\"first\", <?size={size}&after={next}>; rel=\"next\"");
            ([(header::LINK, link)], answer).into_response()
        }
    }
}

async fn by_next_url(
    State(articles): State<Articles>,
    Query(parameters): Parameters,
    uri: Uri,
) -> Json<Value> {
    let cursor = parameters.get("after").map_or("", String::as_str);
    let size = number(&parameters, "size", 100);
    let (items, next) = behind(&articles.outlines(), cursor, size);
    let next = next.map(|next| format!("{}?size={size}&after={}", uri.path(), url_encoded(&next)));
    Json(json!({ "data": { "items": items }, "next": next }))
}

fn url_encoded(text: &str) -> String {
    text.replace('/', "%2F")
}

async fn article(State(articles): State<Articles>, Path(id): Path<String>) -> Response {
    match articles.items().into_iter().find(|item| item["id"] == *id) {
        Some(item) => Json(json!({ "article": item })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn raw_article(
    State(articles): State<Articles>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let articles = articles.0.lock().unwrap();
    let Some((version, text)) = articles.get(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let etag = format!("\"{version}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let headers = [(header::ETAG, etag), (header::CONTENT_TYPE, "text/markdown".to_owned())];
    (headers, text.clone()).into_response()
}

fn router(articles: Articles) -> Router {
    Router::new()
        .route("/api/by-cursor", get(by_cursor))
        .route("/api/by-post", post(by_post))
        .route("/api/by-offset", get(by_offset))
        .route("/api/by-page", get(by_page))
        .route("/api/by-link", get(by_link))
        .route("/api/by-next-url", get(by_next_url))
        .route("/api/articles/{id}", get(article))
        .route("/api/raw/{id}", get(raw_article))
        .with_state(articles)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn described(base_url: &str, path: &str, pagination: RestPaginationConfig) -> RestSourceConfig {
    let mut config = config(base_url);
    config.page_size = std::num::NonZeroU32::new(3);
    config.list.path = some(path);
    config.list.items = some("/data/items");
    config.list.id = some("/id");
    config.list.title = some("/title");
    config.list.updated = some("/meta/version");
    config.list.pagination = pagination;
    config.list.pagination.size_parameter = some("size");
    config.detail.path = some("/api/articles/{id}");
    config.detail.item = some("/article");
    config.detail.content = some("/body");
    config
}

fn cursor_pagination() -> RestPaginationConfig {
    RestPaginationConfig {
        kind: Some(RestPaginationType::Cursor),
        cursor_pointer: some("/next"),
        cursor_parameter: some("after"),
        ..RestPaginationConfig::default()
    }
}

fn offset_pagination() -> RestPaginationConfig {
    RestPaginationConfig {
        kind: Some(RestPaginationType::Offset),
        offset_parameter: some("offset"),
        ..RestPaginationConfig::default()
    }
}

fn page_pagination() -> RestPaginationConfig {
    RestPaginationConfig {
        kind: Some(RestPaginationType::Page),
        page_parameter: some("page"),
        ..RestPaginationConfig::default()
    }
}

struct ArticlesFixture {
    articles: Articles,
    source: Arc<dyn Source>,
}

#[async_trait]
impl Fixture for ArticlesFixture {
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        name.replace('/', "%2F")
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        self.articles.put(name, str::from_utf8(bytes).unwrap());
    }

    async fn remove(&mut self, name: &str) {
        self.articles.remove(name);
    }
}

async fn make(
    path: &str,
    pagination: RestPaginationConfig,
    change: impl FnOnce(&mut RestSourceConfig),
) -> ArticlesFixture {
    let articles = Articles::default();
    let base_url = serve(router(articles.clone())).await;
    let mut config = described(&base_url, path, pagination);
    change(&mut config);
    ArticlesFixture { articles, source: open(&config) }
}

mod cursor {
    use super::*;
    gdg_sources::source_conformance_tests!(async || make("/api/by-cursor", cursor_pagination(), |_| {}).await);
}

mod post_method {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        make("/api/by-post", cursor_pagination(), |config| {
            config.list.method = Some(RestMethod::Post);
            config.list.body = Some(json!({ "filter": "published" }));
        })
        .await
    });
}

mod offset {
    use super::*;
    gdg_sources::source_conformance_tests!(async || make("/api/by-offset", offset_pagination(), |_| {}).await);
}

mod offset_of_one {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let one = std::num::NonZeroU32::new(1);
        make("/api/by-offset", offset_pagination(), |config| config.page_size = one).await
    });
}

mod page {
    use super::*;
    gdg_sources::source_conformance_tests!(async || make("/api/by-page", page_pagination(), |_| {}).await);
}

mod page_with_total {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let pagination = RestPaginationConfig { total_pointer: some("/total"), ..page_pagination() };
        make("/api/by-page", pagination, |_| {}).await
    });
}

mod link_header {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let kind = Some(RestPaginationType::LinkHeader);
        make("/api/by-link", RestPaginationConfig { kind, ..RestPaginationConfig::default() }, |_| {}).await
    });
}

mod next_url {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        let (kind, next_pointer) = (Some(RestPaginationType::NextUrl), some("/next"));
        let pagination = RestPaginationConfig { kind, next_pointer, ..RestPaginationConfig::default() };
        make("/api/by-next-url", pagination, |_| {}).await
    });
}

mod one_page {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        make("/api/by-offset", RestPaginationConfig::default(), |config| {
            config.list.pagination.size_parameter = None;
        })
        .await
    });
}

mod content_in_the_list {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        make("/api/by-cursor", cursor_pagination(), |config| {
            config.detail = gdg_config::RestDetailConfig::default();
            config.list.content = some("/body");
            config.list.query.insert("full".into(), "true".into());
        })
        .await
    });
}

fn raw(config: &mut RestSourceConfig) {
    config.detail = gdg_config::RestDetailConfig {
        path: some("/api/raw/{id}"),
        ..gdg_config::RestDetailConfig::default()
    };
    config.list.updated = None;
}

/// The listing tells no versions then, and the answer does.
struct RawFixture(ArticlesFixture);

#[async_trait]
impl Fixture for RawFixture {
    const HAS_FOLDERS: bool = false;
    const LISTS_STAMPS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        self.0.source()
    }

    fn locator(&self, name: &str) -> String {
        self.0.locator(name)
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        self.0.put(name, bytes).await;
    }

    async fn remove(&mut self, name: &str) {
        self.0.remove(name).await;
    }
}

mod raw_answers {
    use super::*;
    gdg_sources::source_conformance_tests!(async || {
        RawFixture(make("/api/by-cursor", cursor_pagination(), raw).await)
    });
}

#[tokio::test]
async fn an_answer_that_is_the_document_has_its_type_and_is_asked_for_on_condition() {
    let mut fixture = make("/api/by-cursor", cursor_pagination(), raw).await;
    fixture.put("a", b"# A").await;
    let fetched = fetch(&*fixture.source, &document("a")).await.unwrap();
    assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (Some("text/markdown"), "a.md"));
    assert_eq!(fetched.stamp.etag.as_deref(), Some("\"1\""));
    let again = fixture.source.fetch(&document("a"), Some(&fetched.stamp)).await.unwrap();
    assert!(matches!(again, Fetch::Unchanged { .. }), "{again:?}");
}

#[tokio::test]
async fn nothing_is_lost_when_items_go_between_pages_or_before_going_on() {
    for (path, pagination) in [
        ("/api/by-offset", offset_pagination()),
        ("/api/by-page", page_pagination()),
        ("/api/by-cursor", cursor_pagination()),
    ] {
        let ids: Vec<String> = (10..40).map(|id| id.to_string()).collect();
        for taken in 1..ids.len() {
            let mut fixture = make(path, pagination.clone(), |_| {}).await;
            for id in &ids {
                fixture.put(id, b"x").await;
            }
            let first = &batches(&*fixture.source, None, 1).await.unwrap()[..taken];
            // Half of what was listed goes, the last one among it.
            for id in ids[..taken].iter().rev().step_by(2) {
                fixture.remove(id).await;
            }
            let rest = batches(&*fixture.source, Some(&first[taken - 1].cursor), 1_000).await.unwrap();
            assert_eq!(locators(&rest), ids[taken..], "{path} behind {taken}");
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_by_offset_when_items_go_while_a_listing_runs() {
    use futures::TryStreamExt;
    let mut fixture = make("/api/by-offset", offset_pagination(), |_| {}).await;
    let ids: Vec<String> = (10..60).map(|id| id.to_string()).collect();
    for id in &ids {
        fixture.put(id, b"x").await;
    }
    let source = fixture.source();
    let mut stream = source.list(None, 1);
    let mut seen = Vec::new();
    while let Some(batch) = stream.try_next().await.unwrap() {
        for document in batch.documents {
            if seen.len() % 3 == 1 {
                fixture.remove(&document.locator).await;
            }
            seen.push(document.locator);
        }
    }
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn a_cursor_that_the_service_forgot_begins_again() {
    async fn list(Query(parameters): Parameters) -> Response {
        match parameters.get("after").map(String::as_str) {
            None => Json(json!({ "items": [{ "id": 1 }], "next": "b" })).into_response(),
            Some("b") => Json(json!({ "items": [{ "id": 2 }], "next": "" })).into_response(),
            Some(_) => StatusCode::BAD_REQUEST.into_response(),
        }
    }
    let base_url = serve(Router::new().route("/list", get(list))).await;
    let mut config = described(&base_url, "/list", cursor_pagination());
    config.list.items = some("/items");
    let source = open(&config);
    let old = Cursor::new(r#"{"at":{"cursor":"expired"},"behind":["000000000000"]}"#);
    let listed = batches(&*source, Some(&old), 10).await.unwrap();
    assert_eq!(locators(&listed), ["1", "2"]);
    let none = batches(&*source, Some(&Cursor::new("nonsense")), 10).await.unwrap_err();
    assert!(matches!(none, SourceError::InvalidCursor { .. }), "{none}");
}

#[tokio::test]
async fn an_item_without_an_id_is_a_problem_and_the_rest_is_listed() {
    let items = json!([{ "id": 1 }, { "name": "x" }, { "id": null }, { "id": "b" }, { "id": "b" }]);
    let router = Router::new().route("/list", get(async move || Json(items)));
    let mut config = described(&serve(router).await, "/list", RestPaginationConfig::default());
    config.list.items = None;
    let source = open(&config);
    let listed = batches(&*source, None, 2).await.unwrap();
    assert_eq!(locators(&listed), ["1", "b"]);
    let problems: Vec<_> = listed.iter().flat_map(|batch| &batch.problems).collect();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0].error.class(), ErrorClass::Permanent);
    assert!(problems[0].error.to_string().contains("`/list, item 2` is not usable: there is nothing at /id"));
}

#[tokio::test]
async fn content_has_the_type_that_is_told_and_begins_with_its_title() {
    let item = json!({
        "id": "a", "meta": { "version": "2024-01-02T03:04:05Z" }, "title": "A & B", "body": "<p>x</p>",
        "mime": "text/html", "refs": ["https://example.com/", 7],
    });
    let other = json!({ "id": "b", "body": { "x": [1] } });
    let router = Router::new()
        .route("/items/a", get(async move || Json(item)))
        .route("/items/b", get(async move || Json(other)))
        .route("/items/c", get(async || Json(json!({ "id": "c", "body": null }))))
        .route("/items/d", get(async || Json(json!({ "id": "d" }))));
    let mut config = described(&serve(router).await, "/items", RestPaginationConfig::default());
    config.detail.path = some("/items/{id}");
    config.detail.item = None;
    config.detail.content_type = some("/mime");
    config.list.links = some("/refs");
    config.title_in_content = Some(true);
    let source = open(&config);
    let fetched = fetch(&*source, &document("a")).await.unwrap();
    assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (Some("text/html"), "A & B.html"));
    assert_eq!(fetched.stamp.modified_at, Some(1_704_164_645_000_000_000));
    assert_eq!(
        fetched.metadata.to_json().unwrap(),
        r#"{"title":"A & B","updated":"2024-01-02T03:04:05Z","links":["https://example.com/",7]}"#
    );
    assert_eq!(fetched.content.read(100).unwrap(), b"<h1>A &amp; B</h1>\n<p>x</p>");
    let fetched = fetch(&*source, &document("b")).await.unwrap();
    assert_eq!(
        (fetched.content_type.as_deref(), fetched.name.as_str()),
        (Some("application/json"), "b.json")
    );
    assert!(fetched.stamp.etag.is_some(), "a hash where nothing else tells the version");
    assert_eq!(fetched.content.read(100).unwrap(), br#"{"x":[1]}"#);
    assert_eq!(text_of(&*source, "c").await, "");
    let missing = fetch(&*source, &document("d")).await.unwrap_err();
    assert!(missing.to_string().contains("nothing at `/body`"), "{missing}");
}

#[tokio::test]
async fn what_authorises_and_other_headers_are_sent() {
    async fn list(headers: HeaderMap) -> Response {
        if headers.get("x-api-key").is_none_or(|key| key != "s3cret") || headers["x-tenant"] != "ada" {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        Json(json!([{ "id": 1 }])).into_response()
    }
    let base_url = serve(Router::new().route("/list", get(list))).await;
    let mut config = described(&base_url, "/list", RestPaginationConfig::default());
    config.list.items = None;
    config.auth.kind = gdg_config::RestAuthType::Header;
    config.auth.header = some("X-Api-Key");
    config.auth.token = Some(Secret::new("s3cret"));
    config.headers.insert("X-Tenant".into(), Secret::new("ada"));
    assert_eq!(listed(&*open(&config)).await.len(), 1);
    config.auth.token = Some(Secret::new("wr0ng"));
    let error = crate::support::listing_error(&*open(&config)).await;
    assert!(matches!(error, SourceError::Denied { .. }), "{error}");
    assert!(!error.to_string().contains("wr0ng"));
}

#[tokio::test]
async fn links_are_followed_as_deep_as_is_configured() {
    let mut config = described("https://wiki.example.com/base", "/list", RestPaginationConfig::default());
    config.link_pattern = some("^{base_url}/articles/(?<id>[^/?#]+)");
    config.max_link_depth = 1;
    let source = open(&config);
    let from = document("a");
    let resolved = source.resolve_link(&from, "https://wiki.example.com/base/articles/b%2Fc?x#part").unwrap();
    assert_eq!((resolved.document.locator.as_str(), resolved.fragment.as_str()), ("b%2Fc", "part"));
    assert!(resolved.follow);
    assert!(source.resolve_link(&from, "/base/articles/b").is_some());
    for elsewhere in [
        "https://wiki-example.com/base/articles/b",
        "https://wiki.example.com.evil.example/base/articles/b",
        "https://wiki.example.com/other/articles/b",
        "//wiki.example.com/base/articles/b",
        "https://wiki.example.com/base/articles/%2E%2E",
        "articles/b",
    ] {
        assert_eq!(source.resolve_link(&from, elsewhere), None, "{elsewhere}");
    }
    let deeper = gdg_model::DocumentRef { link_depth: 1, ..from };
    assert!(!source.resolve_link(&deeper, "https://wiki.example.com/base/articles/b").unwrap().follow);
}

#[tokio::test]
async fn a_larger_document_than_is_allowed_is_refused() {
    let mut fixture =
        make("/api/by-cursor", cursor_pagination(), |config| config.max_size = Some(ByteSize(10))).await;
    fixture.put("a", b"0123456789a").await;
    let error = fetch(&*fixture.source, &document("a")).await.unwrap_err();
    assert!(matches!(error, SourceError::TooLarge { size: 11, .. }), "{error}");
}

#[tokio::test]
async fn a_document_that_has_not_changed_is_not_parsed_again() {
    let mut fixture = make("/api/by-cursor", cursor_pagination(), |_| {}).await;
    fixture.put("a", b"x").await;
    let known = Stamp { etag: some("1"), ..Stamp::default() };
    let fetch = fixture.source.fetch(&document("a"), Some(&known)).await.unwrap();
    assert!(matches!(fetch, Fetch::Unchanged { .. }), "{fetch:?}");
}

#[test]
fn what_cannot_be_used_is_named_with_its_key() {
    type Change = fn(&mut RestSourceConfig);
    let cases: &[(Change, &str)] = &[
        (|config| config.base_url = String::new(), "base_url is missing"),
        (|config| config.base_url = "wiki".into(), "base_url is no address"),
        (|config| config.base_url = "file:///etc".into(), "base_url is no address that begins"),
        (
            |config| config.base_url = "https://a:s3cret@b.example".into(),
            "base_url holds a name or a password",
        ),
        (|config| config.base_url = "https://b.example/?x=1".into(), "base_url has a query"),
        (|config| config.list.path = None, "list.path is missing"),
        (|config| config.list.path = some("list"), "does not begin with a slash"),
        (|config| config.list.id = None, "list.id is missing"),
        (|config| config.list.id = some("id"), "list.id holds `id`, which is no JSON pointer"),
        (|config| config.list.body = Some(json!({})), "list.body needs the method POST"),
        (|config| config.detail.path = None, "detail.path is missing, and the other keys"),
        (
            |config| config.detail = gdg_config::RestDetailConfig::default(),
            "nothing says where documents are",
        ),
        (|config| config.detail.path = some("/x"), "has no `{id}`"),
        (|config| config.link_pattern = some("("), "link_pattern is no regular expression"),
        (|config| config.link_pattern = some("x"), "link_pattern has no capture"),
        (
            |config| config.list.pagination.kind = Some(RestPaginationType::Page),
            "list.pagination.page_parameter is missing",
        ),
    ];
    for (change, expected) in cases {
        let mut config = described("https://b.example", "/list", RestPaginationConfig::default());
        change(&mut config);
        let message = try_open(&config).unwrap_err().to_string();
        assert!(message.starts_with("source `wiki`: ") && message.contains(expected), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[tokio::test]
async fn the_body_of_a_request_may_be_any_object() {
    async fn list(Query(parameters): Parameters, body: Bytes) -> Json<Value> {
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), json!({ "q": [1] }));
        let (items, next) = if parameters.contains_key("after") { (2, None) } else { (1, Some(7)) };
        Json(json!({ "items": [{ "id": items }], "next": next }))
    }
    let base_url = serve(Router::new().route("/list", post(list))).await;
    let mut config = described(&base_url, "/list", cursor_pagination());
    config.list.items = some("/items");
    config.list.method = Some(RestMethod::Post);
    config.list.body = Some(json!({ "q": [1] }));
    config.list.pagination.sent_in = Some(gdg_config::RestParameterPlace::Query);
    assert_eq!(listed(&*open(&config)).await.len(), 2);
}
