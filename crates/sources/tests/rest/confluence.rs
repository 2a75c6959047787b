//! The preset for Confluence Cloud, against answers in the shapes that its reference shows.

use crate::support::{config, document, fetch, listed, open, serve};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gdg_config::{RestAuthType, RestPreset, RestSourceConfig, Secret};
use serde_json::{Value, json};
use std::collections::HashMap;

type Parameters = Query<HashMap<String, String>>;

/// "ada@example.com:t0ken"
const BASIC: &str = "Basic YWRhQGV4YW1wbGUuY29tOnQwa2Vu";

fn page(id: u32) -> Value {
    json!({
        "id": id.to_string(), "status": "current", "title": format!("Page {id}"), "spaceId": "65538",
        "parentId": null, "authorId": "557058:1", "createdAt": "2024-01-02T03:04:05.006Z",
        "version": { "createdAt": "2024-02-02T03:04:05.006Z", "message": "", "number": id + 1, "minorEdit": false },
        "body": {},
        "_links": { "webui": format!("/spaces/DOCS/pages/{id}"), "tinyui": "/x/AQ" },
    })
}

async fn pages(headers: HeaderMap, Query(parameters): Parameters) -> Response {
    if headers.get("authorization").is_none_or(|value| value != BASIC) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    assert_eq!((parameters["sort"].as_str(), parameters["limit"].as_str()), ("id", "100"));
    let base = "https://example.atlassian.net/wiki";
    let answer = match parameters.get("cursor").map(String::as_str) {
        None => {
            let next = "/wiki/api/v2/pages?limit=100&sort=id&status=current&cursor=eyJpZCI6IjIifQ==";
            json!({ "results": [page(1), page(2)], "_links": { "next": next, "base": base } })
        }
        Some("eyJpZCI6IjIifQ==") => json!({ "results": [page(3)], "_links": { "base": base } }),
        Some(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    Json(answer).into_response()
}

async fn one_page(Path(id): Path<u32>, Query(parameters): Parameters) -> Response {
    assert_eq!(parameters["body-format"], "storage");
    if id > 3 {
        return (StatusCode::NOT_FOUND, Json(json!({ "errors": [{ "status": 404, "code": "NOT_FOUND" }] })))
            .into_response();
    }
    let mut page = page(id);
    page["body"] = json!({ "storage": { "representation": "storage", "value": "<p>Text</p>" } });
    Json(page).into_response()
}

fn preset(base_url: &str) -> RestSourceConfig {
    let mut config = config(base_url);
    config.preset = Some(RestPreset::Confluence);
    config.auth.kind = RestAuthType::Basic;
    config.auth.username = Some("ada@example.com".into());
    config.auth.password = Some(Secret::new("t0ken"));
    config
}

#[tokio::test]
async fn pages_are_listed_and_fetched() {
    let router =
        Router::new().route("/wiki/api/v2/pages", get(pages)).route("/wiki/api/v2/pages/{id}", get(one_page));
    let base_url = serve(router).await;
    let source = open(&preset(&base_url));
    let documents = listed(&*source).await;
    let ids: Vec<_> = documents.iter().map(|document| document.locator.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(documents[0].stamp.etag.as_deref(), Some("2"));

    let fetched = fetch(&*source, &documents[0]).await.unwrap();
    assert_eq!(fetched.stamp, documents[0].stamp);
    assert_eq!((fetched.content_type.as_deref(), fetched.name.as_str()), (Some("text/html"), "Page 1.html"));
    assert_eq!(fetched.metadata.text("title"), Some("Page 1"));
    assert_eq!(fetched.content.read(1_000).unwrap(), b"<h1>Page 1</h1>\n<p>Text</p>");
    let gone = fetch(&*source, &document("9")).await.unwrap_err();
    assert!(matches!(gone, gdg_sources::SourceError::Vanished { .. }), "{gone}");

    for link in [
        format!("{base_url}/wiki/spaces/DOCS/pages/2/Page+2#part"),
        format!("{base_url}/wiki/spaces/~ada/pages/edit-v2/2"),
        format!("{base_url}/wiki/pages/viewpage.action?spaceKey=X&pageId=2"),
        "/wiki/spaces/DOCS/pages/2".to_owned(),
    ] {
        let resolved = source.resolve_link(&documents[0], &link).unwrap();
        assert_eq!(resolved.document.doc_id, documents[1].doc_id, "{link}");
        assert!(!resolved.follow);
    }
    for link in [
        "/wiki/spaces/DOCS/overview",
        "/wiki/spaces/DOCS/pages/2x",
        "https://evil.example/wiki/spaces/D/pages/2",
    ] {
        assert_eq!(source.resolve_link(&documents[0], link), None, "{link}");
    }
}

#[tokio::test]
async fn a_space_is_listed_by_a_search() {
    // In the search of v1, what comes next is told without the context that the base ends with.
    async fn search(headers: HeaderMap, Query(parameters): Parameters) -> Json<Value> {
        let base = format!("http://{}/wiki", headers["host"].to_str().unwrap());
        assert_eq!(parameters["cql"], r#"space = "DOCS" and type = page order by created asc"#);
        let item = |id: u32| json!({ "id": id.to_string(), "type": "page", "title": "T", "version": { "number": 1 } });
        let cql = "cql=space%20%3D%20%22DOCS%22%20and%20type%20%3D%20page%20order%20by%20created%20asc";
        let next =
            format!("/rest/api/content/search?next=true&cursor=_f_Mg%3D%3D&expand=version&limit=100&{cql}");
        Json(match parameters.get("cursor") {
            None => json!({
                "results": [item(1)], "start": 0, "limit": 100, "size": 1,
                "_links": { "base": base, "context": "/wiki", "next": next },
            }),
            Some(_) => json!({ "results": [item(2)], "_links": { "base": base, "context": "/wiki" } }),
        })
    }
    let router = Router::new().route("/wiki/rest/api/content/search", get(search));
    let mut config = preset(&serve(router).await);
    config.space_key = Some("DOCS".into());
    let documents = listed(&*open(&config)).await;
    assert_eq!(documents.len(), 2);
}
