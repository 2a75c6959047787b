//! The preset for `ServiceNow`, against answers in the shapes that its reference shows.

use crate::support::{batches, config, fetch, listed, locators, open, serve};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use gdg_config::{RestPreset, RestSourceConfig};
use serde_json::{Value, json};
use std::collections::HashMap;

type Parameters = Query<HashMap<String, String>>;

fn sys_id(number: usize) -> String {
    format!("{number:032x}")
}

fn record(number: usize) -> Value {
    json!({
        "sys_id": sys_id(number), "short_description": format!("Article {number}"),
        "sys_updated_on": "2024-01-02 03:04:05",
    })
}

fn none() -> Response {
    let error = json!({
        "error": { "message": "No Record found", "detail": "Record doesn't exist or ACL restricts the record retrieval" },
        "status": "failure",
    });
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

async fn records(State(count): State<usize>, Query(parameters): Parameters, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::ACCEPT], "application/json, */*;q=0.5");
    assert_eq!(parameters["sysparm_query"], "workflow_state=published^ORDERBYsys_id");
    let number = |name: &str| parameters[name].parse::<usize>().unwrap();
    let (offset, limit) = (number("sysparm_offset"), number("sysparm_limit"));
    let records: Vec<_> = (0..count).skip(offset).take(limit).map(record).collect();
    if records.is_empty() {
        return none();
    }
    ([("X-Total-Count", count.to_string())], Json(json!({ "result": records }))).into_response()
}

async fn one_record(State(count): State<usize>, Path(id): Path<String>) -> Response {
    let Some(number) = (0..count).find(|number| sys_id(*number) == id) else { return none() };
    let mut record = record(number);
    record["text"] = json!("<p>Restart it.</p>");
    Json(json!({ "result": record })).into_response()
}

async fn preset(count: usize) -> RestSourceConfig {
    let router = Router::new()
        .route("/api/now/table/kb_knowledge", get(records))
        .route("/api/now/table/kb_knowledge/{id}", get(one_record))
        .with_state(count);
    let mut config = config(&serve(router).await);
    config.preset = Some(RestPreset::ServiceNow);
    config.table = Some("kb_knowledge".into());
    config.table_query = Some("workflow_state=published".into());
    config
}

#[tokio::test]
async fn records_are_listed_and_fetched() {
    let config = preset(250).await;
    let source = open(&config);
    let documents = listed(&*source).await;
    let expected: Vec<_> = (0..250).map(sys_id).collect();
    assert!(documents.iter().map(|document| &document.locator).eq(&expected));

    let fetched = fetch(&*source, &documents[7]).await.unwrap();
    assert_eq!(fetched.stamp, documents[7].stamp);
    assert_eq!(
        (fetched.content_type.as_deref(), fetched.name.as_str()),
        (Some("text/html"), "Article 7.html")
    );
    assert_eq!(fetched.content.read(1_000).unwrap(), b"<h1>Article 7</h1>\n<p>Restart it.</p>");

    for link in [
        format!("{}/kb_knowledge.do?sys_id={}", config.base_url, sys_id(1)),
        format!("{}/nav_to.do?uri=%2Fkb_knowledge.do%3Fsys_id%3D{}%26x", config.base_url, sys_id(1)),
    ] {
        let resolved = source.resolve_link(&documents[0], &link).unwrap();
        assert_eq!(resolved.document.doc_id, documents[1].doc_id, "{link}");
    }
}

#[tokio::test]
async fn a_listing_goes_on_behind_every_cursor() {
    let mut config = preset(20).await;
    config.page_size = std::num::NonZeroU32::new(7);
    let source = open(&config);
    let batches_of_three = batches(&*source, None, 3).await.unwrap();
    let whole = locators(&batches_of_three);
    assert_eq!(whole.len(), 20);
    let mut taken = 0;
    for batch in &batches_of_three {
        taken += batch.documents.len();
        let rest = batches(&*source, Some(&batch.cursor), 1_000).await.unwrap();
        assert_eq!(locators(&rest), whole[taken..]);
    }
}
