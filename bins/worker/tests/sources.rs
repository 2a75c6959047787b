//! One configuration with sources of all types: worked off to its end in both modes, and nothing to do the second time.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use gdg_test_database::TestDatabase;
use gdg_test_servers::azure::{ACCOUNT, AzureServer, CONTAINER};
use gdg_test_servers::gcs::{self, GcsServer};
use gdg_test_servers::s3::{ACCESS_KEY_ID, BUCKET, S3Server, SECRET_ACCESS_KEY};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::Place;
use tokio::net::TcpListener;

/// Servers on the loopback interface, which a worker is let in to.
struct Servers {
    site: String,
    s3: S3Server,
    gcs: GcsServer,
    azure: AzureServer,
    /// Pages that were sent as a whole, and not only said to be as they were.
    pages_sent: Arc<AtomicUsize>,
    runtime: tokio::runtime::Runtime,
}

impl Servers {
    fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let pages_sent = Arc::new(AtomicUsize::new(0));
        let (site, s3, gcs, azure) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let site = format!("http://{}", listener.local_addr().unwrap());
            let routes = Router::new()
                .route("/site/", get(|| async { ([(header::ETAG, "\"index\"")], Html("<h1>Index</h1>")) }))
                .route("/site/{*page}", get(page))
                .route("/api/articles", get(articles))
                .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /site/private\n" }))
                .with_state(Arc::clone(&pages_sent));
            tokio::spawn(async move { axum::serve(listener, routes).await });
            let s3 = S3Server::start().await;
            s3.put("guides/first.md", "# First of the bucket\n\n[second](second.md)\n");
            s3.put("guides/second.md", "# Second of the bucket\n");
            s3.put("lake/rows.parquet", table());
            let (gcs, azure) = (GcsServer::start().await, AzureServer::start().await);
            gcs.put("a.md", "# In Google's cloud\n");
            azure.put("a.md", "# In Microsoft's cloud\n");
            (site, s3, gcs, azure)
        });
        Self { site, s3, gcs, azure, pages_sent, runtime }
    }
}

/// A page of a site that leads in circles, into traps, and to where nobody should be sent.
async fn page(
    State(sent): State<Arc<AtomicUsize>>,
    Path(page): Path<String>,
    headers: HeaderMap,
) -> Response {
    let text = match page.as_str() {
        "start.html" => "<a href='a.html'>a</a> <a href='start.html'>itself</a> <a href='private/secret.html'>private</a>
                         <a href='http://169.254.169.254/latest/meta-data/'>the cloud</a> <a href='loop'>loop</a>
                         <a href='calendar/1'>calendar</a> <a href='../docs/outside.html'>outside</a>",
        "a.html" => "<h1>A</h1> <a href='b.html'>b</a> <a href='a.html?utm_source=x#part'>a</a>",
        "b.html" => "<h1>B</h1> <a href='a.html'>a</a> <a href='start.html'>start</a>",
        "loop" => return Redirect::temporary("/site/loop").into_response(),
        // Each leads to the next, without end.
        calendar if calendar.starts_with("calendar/") => {
            let number: u64 = calendar["calendar/".len()..].parse().unwrap();
            return Html(format!("<h1>Day {number}</h1><a href='/site/calendar/{}'>next</a>", number + 1)).into_response();
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let tag = format!("\"{page}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == *tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    sent.fetch_add(1, Ordering::Relaxed);
    ([(header::ETAG, tag)], Html(text)).into_response()
}

async fn articles() -> Json<Value> {
    let article = |id: u32| json!({ "id": id, "version": 1, "title": format!("Article {id}"), "body": format!("<p>text {id}</p>") });
    Json(json!({ "items": [article(1), article(2), article(3)] }))
}

/// Writes what lies on this machine, and the configuration of sources of all types, `head` first.
fn prepare(place: &Place, servers: &Servers, head: &str) {
    place.write("notes/a.md", "# A note\n\n[b](b.md)\n");
    place.write("notes/b.md", "# Another note\n");
    fs::write(place.path("rows.parquet"), table()).unwrap();
    let rows = rusqlite::Connection::open(place.path("tickets.db")).unwrap();
    rows.execute_batch(
        "CREATE TABLE tickets (id INTEGER PRIMARY KEY, body TEXT, changed TEXT);
         INSERT INTO tickets VALUES (1, 'the printer is on fire', '2026-01-01'), (2, 'it is out', '2026-01-02');",
    )
    .unwrap();
    let (site, s3) = (&servers.site, servers.s3.endpoint());
    let (gcs, gcs_bucket, azure) = (servers.gcs.endpoint(), gcs::BUCKET, servers.azure.endpoint());
    let config = format!(
        "{head}
content_sources:
  - {{ name: files, type: file, base_path: documents }}
  - {{ name: bucket, type: s3, bucket: {BUCKET}, prefix: guides, endpoint: \"{s3}\", allow_http: true,
      access_key_id: {ACCESS_KEY_ID}, secret_access_key_env: S3_SECRET }}
  - {{ name: google, type: gcs, bucket: {gcs_bucket}, endpoint: \"{gcs}\", allow_http: true, anonymous: true }}
  - {{ name: microsoft, type: azure, account: {ACCOUNT}, container: {CONTAINER}, endpoint: \"{azure}\", allow_http: true,
      anonymous: true }}
  - {{ name: list, type: http, url_list: [\"{site}/site/b.html\"], allow_private_networks: true }}
  - {{ name: site, type: web, base_url: \"{site}/site/\", url_list: [\"{site}/site/start.html\"], max_link_depth: 3,
      allow_private_networks: true }}
  - {{ name: tickets, type: database, uri: \"sqlite:tickets.db\", table: tickets,
      field_mapping: {{ id: id, content: body, updated: changed }} }}
  - {{ name: table, type: parquet, base_path: ., include: rows.parquet, content_column: body }}
  - name: lake
    type: parquet
    store: {{ type: s3, bucket: {BUCKET}, prefix: lake, endpoint: \"{s3}\", allow_http: true,
      access_key_id: {ACCESS_KEY_ID}, secret_access_key_env: S3_SECRET }}
    content_column: body
  - name: articles
    type: rest
    base_url: \"{site}/api\"
    allow_private_networks: true
    list: {{ path: /articles, items: /items, id: /id, title: /title, updated: /version, content: /body }}
    content_type: text/html
"
    );
    fs::write(place.path("config.yaml"), config).unwrap();
}

/// A Parquet file of three rows.
fn table() -> Vec<u8> {
    let schema = Arc::new(parse_message_type("message rows { required binary body (STRING); }").unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let values = ["first row", "second row", "third row"].map(ByteArray::from);
    column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

/// Runs a worker to its end; its summary.
fn work(place: &Place, arguments: &[&str]) -> Value {
    let mut command = place.worker();
    command.env("S3_SECRET", SECRET_ACCESS_KEY).args(["--log-format", "json", "--quiet"]).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", support::stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What each source has: files 2, bucket 2, one each in the other clouds and in the list, tickets 2, rows 3 in a file
/// and 3 in the bucket, articles 3; of the site its index, the start, two pages, and three days of the calendar.
const STORED: u64 = 2 + 2 + 3 + 2 + 3 + 3 + 3 + 7;

fn check(servers: &Servers, mut run: impl FnMut() -> Value) -> Value {
    let first = run();
    assert_eq!(first["status"], "completed", "{first}");
    assert_eq!(first["documents"]["stored"], STORED, "{first}");
    // The page that robots.txt forbids, and the one that redirects to itself.
    let failures = first["failures"].as_array().unwrap();
    let failed: Vec<&str> = failures.iter().map(|failure| failure["doc_id"].as_str().unwrap()).collect();
    assert_eq!(failed.len(), 2, "{first}");
    for (page, cause) in [("/private/secret.html", "robots.txt"), ("/loop", "redirects")] {
        let failure =
            failures.iter().find(|failure| failure["doc_id"].as_str().unwrap().ends_with(page)).unwrap();
        let error = failure["error"].as_str().unwrap();
        assert!(error.contains("site") && error.contains(cause), "{error}");
    }
    let sent = servers.pages_sent.load(Ordering::Relaxed);

    let second = run();
    assert_eq!(second["status"], "completed", "{second}");
    assert_eq!(second["documents"]["unchanged"], STORED, "{second}");
    assert_eq!((&second["documents"]["stored"], &second["vanished"]), (&0.into(), &0.into()), "{second}");
    assert_eq!(servers.pages_sent.load(Ordering::Relaxed), sent, "a page was sent again");
    second
}

#[test]
fn all_types_of_sources_in_one_run_of_single_mode() {
    let (place, servers) = (Place::new(), Servers::start());
    prepare(&place, &servers, "storage: { path: documents.db }");
    check(&servers, || work(&place, &[]));
    let edges = "SELECT count(*) FROM all_relationships WHERE relationship_type = 'explicit'
                 AND source_doc_id LIKE ?1 AND target_doc_id LIKE ?1";
    let count = |source: &str| -> i64 {
        place.database().query_row(edges, [format!("{source}:%")], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("files"), count("bucket")), (1, 1));
    assert!(count("site") >= 6, "{}", count("site"));
    let secrets = "SELECT count(*) FROM processing_runs WHERE config_snapshot LIKE '%' || ?1 || '%'";
    for secret in [ACCESS_KEY_ID, SECRET_ACCESS_KEY] {
        let shown: i64 = place.database().query_row(secrets, [secret], |row| row.get(0)).unwrap();
        assert_eq!(shown, 0);
    }

    // What is gone from each of them goes.
    servers.runtime.block_on(async { servers.s3.remove("guides/second.md") });
    fs::remove_file(place.path("documents/notes/b.md")).unwrap();
    let rows = rusqlite::Connection::open(place.path("tickets.db")).unwrap();
    rows.execute_batch(
        "DELETE FROM tickets WHERE id = 2; UPDATE tickets SET body = 'new', changed = '2026-02-02'",
    )
    .unwrap();
    let third = work(&place, &[]);
    assert_eq!((&third["vanished"], &third["documents"]["stored"]), (&3.into(), &1.into()), "{third}");
}

#[test]
fn all_types_of_sources_in_one_run_of_distributed_mode() {
    let (place, servers) = (Place::new(), Servers::start());
    let database = servers.runtime.block_on(TestDatabase::create_empty());
    let head = format!(
        "processing: {{ mode: distributed, rescan_interval: 3600 }}\nstorage: {{ backend: postgresql, uri: \"{}\" }}",
        database.uri()
    );
    prepare(&place, &servers, &head);
    place.run(&["migrate"]);
    check(&servers, || work(&place, &["--once", "--workers", "3"]));
}
