//! The preset for Jira Cloud, against answers in the shapes that its reference shows.

use crate::support::{config, fetch, listed, open, serve};
use axum::extract::{Path, Query};
use axum::routing::get;
use axum::{Json, Router};
use gdg_config::RestPreset;
use serde_json::{Value, json};
use std::collections::HashMap;

type Parameters = Query<HashMap<String, String>>;

fn issue(key: &str) -> Value {
    json!({
        "expand": "renderedFields", "id": "10001", "self": "https://example.atlassian.net/rest/api/3/issue/10001",
        "key": key,
        "fields": { "summary": format!("Summary of {key}"), "updated": "2024-01-02T04:04:05.000+0100" },
    })
}

async fn search(Query(parameters): Parameters) -> Json<Value> {
    assert_eq!(parameters["jql"], "project = APP ORDER BY created ASC, key ASC");
    assert_eq!(
        (parameters["fields"].as_str(), parameters["maxResults"].as_str()),
        ("summary,updated", "100")
    );
    Json(match parameters.get("nextPageToken").map(String::as_str) {
        None => json!({ "issues": [issue("APP-1")], "nextPageToken": "CAEaAggD", "isLast": false }),
        Some("CAEaAggD") => json!({ "issues": [issue("APP-2")], "isLast": true }),
        Some(other) => panic!("{other}"),
    })
}

async fn one_issue(Path(key): Path<String>, Query(parameters): Parameters) -> Json<Value> {
    assert_eq!(parameters["expand"], "renderedFields");
    let mut issue = issue(&key);
    let description = if key == "APP-1" { json!("<p>It <b>fails</b>.</p>") } else { Value::Null };
    issue["fields"]["description"] = json!({ "type": "doc", "version": 1, "content": [] });
    issue["renderedFields"] = json!({ "summary": null, "description": description });
    Json(issue)
}

#[tokio::test]
async fn issues_are_listed_and_fetched() {
    let router = Router::new()
        .route("/rest/api/3/search/jql", get(search))
        .route("/rest/api/3/issue/{key}", get(one_issue));
    let base_url = serve(router).await;
    let mut config = config(&base_url);
    config.preset = Some(RestPreset::Jira);
    config.jql = Some("project = APP".into());
    let source = open(&config);
    let documents = listed(&*source).await;
    let keys: Vec<_> = documents.iter().map(|document| document.locator.as_str()).collect();
    assert_eq!(keys, ["APP-1", "APP-2"]);
    assert_eq!(documents[0].stamp.modified_at, Some(1_704_164_645_000_000_000));

    let fetched = fetch(&*source, &documents[0]).await.unwrap();
    assert_eq!((&fetched.stamp, fetched.name.as_str()), (&documents[0].stamp, "Summary of APP-1.html"));
    let text = fetched.content.read(1_000).unwrap();
    assert_eq!(text, b"<h1>Summary of APP-1</h1>\n<p>It <b>fails</b>.</p>");
    // An issue without a description is its summary.
    let fetched = fetch(&*source, &documents[1]).await.unwrap();
    assert_eq!(fetched.content.read(1_000).unwrap(), b"<h1>Summary of APP-2</h1>\n");

    let resolved = source.resolve_link(&documents[0], &format!("{base_url}/browse/APP-2?focus=1")).unwrap();
    assert_eq!(resolved.document.doc_id, documents[1].doc_id);
    assert_eq!(source.resolve_link(&documents[0], "/browse/APP"), None);
}
