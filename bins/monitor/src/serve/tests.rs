//! What is served, asked for over a connection.

use super::*;
use gdg_config::{Config, Environment, StorageBackend, StorageConfig};
use gdg_operations::alerts::AlertSettings;
use gdg_operations::{Database, SCHEMA_VERSION};
use reqwest::{Client, Response, StatusCode};
use std::path::Path;

const RUN: &str = "0123456789abcdef-1";

/// A server on a database of its own.
struct Server {
    address: SocketAddr,
    folder: tempfile::TempDir,
    client: Client,
    stop: watch::Sender<bool>,
}

impl Server {
    async fn start(token: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        fill(&connection);
        let storage = StorageConfig { backend: StorageBackend::Sqlite, path, ..StorageConfig::default() };
        let config = Config { storage, ..Config::default() };
        let database = Database::read_only(&config, &Environment::default(), "test").unwrap();
        let settings = AlertSettings::of(&config);
        let refresh_interval = Duration::from_millis(10);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = Serve {
            address,
            snapshots: Snapshots::new(database, 50, settings, refresh_interval / 2),
            token: token.map(str::to_owned),
            refresh_interval,
        };
        let (stop, stopped) = watch::channel(false);
        let router = serve.site(address, stopped).router();
        tokio::spawn(axum::serve(listener, router).into_future());
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { address, folder, client: Client::new(), stop }
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("documents.db")).unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> (StatusCode, String) {
        let response = self.get(path).await;
        (response.status(), response.text().await.unwrap())
    }
}

fn fill(connection: &rusqlite::Connection) {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut files: Vec<_> = std::fs::read_dir(migrations).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
    }
    connection
        .execute_batch(&format!(
            "CREATE TABLE refinery_schema_history (version INTEGER);
             INSERT INTO refinery_schema_history VALUES ({SCHEMA_VERSION});
             INSERT INTO processing_runs VALUES ('{RUN}', '0123456789abcdef', 1, 'active', 'password: hunter2',
                                                 unixepoch() * 1000 - 5000, NULL);
             INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents) VALUES
             ('{RUN}', 'w-1', '<script>alert(1)</script>', 'stored', 'markdown', 5)"
        ))
        .unwrap();
}

#[tokio::test]
async fn metrics_tell_of_the_latest_run_or_of_the_one_that_is_named() {
    let server = Server::start(None).await;
    for path in ["/metrics", "/metrics?run=01234"] {
        let response = server.get(path).await;
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let text = response.text().await.unwrap();
        assert!(text.contains("\ngo_doc_go_run_documents{outcome=\"stored\"} 5\n"), "{text}");
    }
    assert_eq!(server.text("/metrics?run=ffff").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_overview_is_a_document_and_follows_the_database() {
    let server = Server::start(None).await;
    let (status, text) = server.text("/api/overview").await;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &document["run"]["documents"]["stored"]), (StatusCode::OK, &5.into()));
    assert!(!text.contains("hunter2"), "no configuration is served");
    let response = server.get("/events").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    server.database().execute("UPDATE run_counters SET documents = 6", []).unwrap();
    wait_for(response, "\"stored\":6").await;
}

/// Reads a stream of events until one has `part` in it.
async fn wait_for(mut response: Response, part: &str) {
    let mut text = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&chunk));
        if text.contains(part) {
            assert!(text.starts_with("event: "), "{text}");
            return;
        }
    }
    panic!("the stream ended without {part}: {text}");
}

#[tokio::test]
async fn a_stream_ends_when_the_program_does() {
    let server = Server::start(None).await;
    let mut response = server.get("/events").await;
    server.stop.send(true).unwrap();
    while response.chunk().await.unwrap().is_some() {}
}

#[tokio::test]
async fn a_database_that_is_away_makes_the_program_unready_but_not_unhealthy() {
    let server = Server::start(None).await;
    assert_eq!(server.text("/readyz").await, (StatusCode::OK, "ok\n".into()));
    server.database().execute_batch("DROP TABLE run_counters").unwrap();
    wait_for(server.get("/events").await, "event: trouble").await;
    let unready = (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n".into());
    assert_eq!(server.text("/readyz").await, unready);
    assert_eq!(server.text("/healthz").await, (StatusCode::OK, "ok\n".into()));
    assert_eq!(server.text("/metrics").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_page_is_bound_by_a_policy_that_allows_nothing_inline_but_itself() {
    let server = Server::start(None).await;
    let response = server.get("/").await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert!(response.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(server.text("/favicon.ico").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_the_token_only_health_is_told() {
    let server = Server::start(Some("s3cret")).await;
    for path in ["/", "/metrics", "/api/overview", "/events"] {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(!response.text().await.unwrap().contains(RUN));
        let request = server.client.get(format!("http://{}{path}", server.address)).bearer_auth("s3cret");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{path}");
        let request =
            server.client.get(format!("http://{}{path}", server.address)).basic_auth("me", Some("s3cret"));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    assert_eq!(server.text("/healthz").await.0, StatusCode::OK);
    assert_eq!(server.text("/readyz").await.0, StatusCode::OK);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let server = Server::start(None).await;
    for path in ["/", "/metrics", "/api/overview", "/events"] {
        let answer = server.client.post(format!("http://{}{path}", server.address)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_page_cannot_have_a_browser_read_what_is_on_loopback() {
    let server = Server::start(None).await;
    let request =
        server.client.get(format!("http://{}/api/overview", server.address)).header("host", "evil.example");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}
