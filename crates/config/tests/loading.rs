//! What loads, what does not, and what a person is told.

#![allow(clippy::unwrap_used, clippy::result_large_err)] // what panics is a test that fails

use gdg_config::{Config, ConfigError, Environment, LoadOptions, LogLevel};
use proptest::prelude::*;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, text).unwrap();
    let environment = variables.iter().copied().collect();
    Config::load(LoadOptions { path: Some(path), environment })
}

/// What a person is told, without the folder of the file.
fn problems(text: &str, variables: &[(&str, &str)]) -> String {
    let error = load(text, variables).unwrap_err().to_string();
    let lines = error.lines().map(|line| match line.split_once("config.yaml:") {
        Some((folder, rest)) if folder.starts_with('/') => format!("config.yaml:{rest}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_unknown_key_is_named_with_its_line_the_allowed_ones_and_the_nearest() {
    let told = problems("work_queue:\n  max_retry: 5\n", &[]);
    assert_eq!(
        told,
        "config.yaml:2:3: unknown key `work_queue.max_retry`; did you mean `max_retries`?\n    \
         allowed: claim_timeout, heartbeat_interval, max_retries, stale_threshold, batch_size, prefetch_count, \
         retry_backoff_base, retry_backoff_max, poll_interval"
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_what_is_allowed() {
    let told = problems("work_queue:\n  max_retries: many\nstorage:\n  backend: mysql\n", &[]);
    assert_eq!(
        told,
        "config.yaml:2:16: `work_queue.max_retries` is the text `many`\n    \
         allowed: a whole number from 0 to 4294967295\n\
         config.yaml:4:12: `storage.backend` is the text `mysql`\n    \
         allowed: sqlite, postgresql"
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let told = problems("parsing:\n  limits:\n    max_depth: -1\nlogin: {}\nstorage: sqlite\n", &[]);
    assert_eq!(told.lines().filter(|line| line.starts_with("config.yaml:")).count(), 3, "{told}");
}

#[test]
fn a_rule_between_two_keys_names_both() {
    let told = problems("work_queue:\n  claim_timeout: 60\n  heartbeat_interval: 30\n", &[]);
    assert_eq!(
        told,
        "config.yaml:3:23: `work_queue.heartbeat_interval` is `30`: twice as much must be less than \
         work_queue.claim_timeout (60), so that a claim survives a lost heartbeat"
    );
}

#[test]
fn a_key_given_twice_is_a_mistake() {
    let told = problems("storage:\n  path: a.db\n  path: b.db\n", &[]);
    assert!(told.contains("`storage.path` is given twice, first at"), "{told}");
}

#[test]
fn text_that_is_no_yaml_is_told_with_its_line() {
    let told = problems("storage:\n  path: [a\n", &[]);
    assert!(told.starts_with("config.yaml:") && told.contains("not valid YAML"), "{told}");
}

#[test]
fn a_source_without_a_type_is_told_once() {
    let told = problems("content_sources:\n  - name: a\n", &[]);
    assert_eq!(told, "config.yaml:2:5: `content_sources[0]` lacks `type`");
    let told = problems("content_sources:\n  - { name: a, type: foo }\n", &[]);
    assert!(told.starts_with("config.yaml:2:22: `content_sources[0].type` is the text `foo`"), "{told}");
    assert_eq!(told.lines().count(), 2, "{told}");
}

#[test]
fn a_missing_file_says_how_it_came_to_be_looked_for() {
    let given = LoadOptions { path: Some("/nowhere/c.yaml".into()), environment: Environment::default() };
    let error = given.load().unwrap_err().to_string();
    assert_eq!(error, "there is no configuration file /nowhere/c.yaml (given by --config)");
    let environment = [("GO_DOC_GO_CONFIG_PATH", "/nowhere/d.yaml")].into_iter().collect();
    let error = LoadOptions { path: None, environment }.load().unwrap_err().to_string();
    assert_eq!(error, "there is no configuration file /nowhere/d.yaml (given by GO_DOC_GO_CONFIG_PATH)");
}

#[test]
fn variables_are_put_in_with_and_without_a_default() {
    let text = "storage:\n  path: ${FOLDER}/${NAME:-documents}.db\n";
    let config = load(text, &[("FOLDER", "/data")]).unwrap();
    assert_eq!(config.storage.path.to_str(), Some("/data/documents.db"));
    let told = problems(text, &[]);
    assert!(told.contains("config.yaml:2:9") && told.contains("FOLDER"), "{told}");
}

#[test]
fn a_variable_overrides_a_key_whether_or_not_the_file_gives_it() {
    let overrides = [
        ("GO_DOC_GO__WORK_QUEUE__MAX_RETRIES", "5"),
        ("GO_DOC_GO__LOGGING__LEVEL", "warning"),
        ("GO_DOC_GO__CONTENT_SOURCES__0__BASE_PATH", "/papers"),
    ];
    let text = "work_queue: { max_retries: 1 }\ncontent_sources: [{ name: a, type: file, base_path: /x }]\n";
    let config = load(text, &overrides).unwrap();
    assert_eq!(config.work_queue.max_retries, 5);
    assert_eq!(config.logging.level, LogLevel::Warn);
    let told = problems(text, &[("GO_DOC_GO__WORK_QUEUE__MAX_RETRIES", "lots")]);
    assert!(told.starts_with("environment variable GO_DOC_GO__WORK_QUEUE__MAX_RETRIES: "), "{told}");
}

#[test]
fn secrets_are_shown_nowhere() {
    let text = "storage:\n  backend: postgresql\n  password: hunter2\n  read_url: postgresql://ada:hunter2@replica/docs\n\
                content_sources:\n  - { name: lake, type: s3, bucket: b, secret_access_key: hunter2 }\n";
    let config = load(text, &[]).unwrap();
    for shown in [config.redacted_yaml(), format!("{config:?}"), serde_json::to_string(&config).unwrap()] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let told = problems("storage:\n  password: [hunter2]\n  uri: mysql://ada:hunter2@db/docs\n", &[]);
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn the_work_is_the_same_whatever_the_pool_and_the_password() {
    let with = |more: &str| {
        let text = format!("content_sources: [{{ name: a, type: file, base_path: docs }}]\n{more}");
        load(&text, &[]).unwrap().work_fingerprint()
    };
    let plain = with("");
    assert_eq!(plain.len(), 16);
    assert_eq!(plain, with("storage: { pool_size: 3, password: x }\nlogging: { level: debug }\n"));
    assert_ne!(plain, with("parsing: { limits: { max_depth: 7 } }\n"));
}

#[test]
fn the_effective_configuration_is_a_configuration() {
    let text = "storage: { path: 'weird ${NAME} # name: \"x\".db' }\npath_mappings: { /mnt/a: /b }\n\
                content_sources: [{ name: a, type: file, base_path: docs, include: '**/*.md', max_size: 1.5MiB }]\n";
    let config = load(text, &[("NAME", "$HOME")]).unwrap();
    assert_eq!(load(&config.redacted_yaml(), &[]).unwrap(), config);
}

proptest! {
    #[test]
    fn any_text_loads_or_is_refused(text in "\\PC{0,200}") {
        let _ = load(&text, &[]);
    }

    #[test]
    fn any_keys_and_values_load_or_are_refused(
        section in "storage|work_queue|parsing|content_sources|logging|nonsense",
        key in "[a-z_]{1,12}|path|limits|level",
        value in "\\PC{0,20}|\\[\\]|\\{\\}|-?[0-9]{1,25}|\\$\\{[A-Z]{0,3}(:-x)?\\}",
    ) {
        let _ = load(&format!("{section}:\n  {key}: {value}\n"), &[("A", "1")]);
    }
}
