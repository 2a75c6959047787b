//! The configurations of the scaling guide load unchanged.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{Config, Environment, LoadOptions, ProcessingMode, SourceKind, StorageBackend};
use std::path::PathBuf;

fn load(name: &str) -> Config {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/guide").join(name);
    let environment: Environment = [("DB_PASSWORD", "tide-and-time")].into_iter().collect();
    Config::load(LoadOptions { path: Some(path), environment })
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_single_process_configuration_loads() {
    let config = load("single.yaml");
    assert_eq!(config.processing.mode, ProcessingMode::Single);
    assert_eq!(config.storage.backend, StorageBackend::Sqlite);
    assert_eq!(config.storage.path, PathBuf::from("./documents.db"));
}

#[test]
fn the_distributed_configuration_loads() {
    let config = load("distributed.yaml");
    assert_eq!(config.processing.mode, ProcessingMode::Distributed);
    assert_eq!(config.work_queue.claim_timeout().as_secs(), 300);
    assert_eq!(config.work_queue.heartbeat_interval().as_secs(), 30);
    assert_eq!(config.work_queue.max_retries, 3);
    assert_eq!(config.work_queue.stale_threshold().as_secs(), 600);
    assert_eq!(config.storage.host, "postgres.example.com");
    assert_eq!(config.storage.port.get(), 5432);
    assert_eq!(config.storage.database, "go_doc_go");
    assert_eq!(config.storage.user.as_deref(), Some("processor_user"));
    let environment = Environment::default();
    let password = config.storage.resolve_password(&environment).unwrap();
    assert_eq!(password.unwrap().expose(), "tide-and-time");
}

#[test]
fn the_config_map_loads() {
    let config = load("config_map.yaml");
    let [source] = config.content_sources.as_slice() else { panic!("one source") };
    assert_eq!(source.name.as_str(), "main-docs");
    let SourceKind::S3(s3) = &source.kind else { panic!("an object store") };
    assert_eq!(s3.bucket, "document-bucket");
    assert_eq!(config.storage.password_env.as_deref(), Some("DB_PASSWORD"));
}

#[test]
fn the_connection_pool_loads() {
    let storage = load("connection_pool.yaml").storage;
    assert_eq!(storage.pool_size.get(), 10);
    assert_eq!(storage.max_overflow, 20);
    assert_eq!(storage.pool_timeout.duration().as_secs(), 30);
    assert_eq!(storage.pool_recycle.duration().as_secs(), 3600);
}

#[test]
fn the_worker_tuning_loads() {
    let queue = load("worker_tuning.yaml").work_queue;
    assert_eq!(queue.claim_timeout().as_secs(), 180);
    assert_eq!(queue.heartbeat_interval().as_secs(), 15);
    assert_eq!(queue.batch_size.get(), 1);
    assert_eq!(queue.prefetch_count, 0);
}
