//! Rules over more than one key, or that a type does not say.

use crate::key_path::KeyPath;
use crate::sections::{ProcessingMode, StorageBackend, StorageConfig};
use crate::{Config, Seconds};
use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;

/// A rule that a configuration breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key.
    pub key: KeyPath,
    /// Its value.
    pub value: String,
    /// What must hold.
    pub rule: String,
    /// Other keys that the rule is about.
    pub(crate) related: Vec<KeyPath>,
}

impl Violation {
    fn new(key: &str, value: impl fmt::Display, rule: impl Into<String>) -> Self {
        Self::at(KeyPath::of(key), value, rule)
    }

    fn at(key: KeyPath, value: impl fmt::Display, rule: impl Into<String>) -> Self {
        Self { key, value: format!("`{value}`"), rule: rule.into(), related: Vec::new() }
    }

    fn related_to(mut self, key: &str) -> Self {
        self.related.push(KeyPath::of(key));
        self
    }

    /// All keys that the rule is about, the one in question first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyPath> {
        std::iter::once(&self.key).chain(&self.related)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}: {}", self.key, self.value, self.rule)
    }
}

impl Config {
    /// The rules that the configuration breaks, whatever it is used for.
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.check_work_queue(&mut violations);
        self.check_election(&mut violations);
        self.check_storage(&mut violations);
        self.check_sources(&mut violations);
        self.check_embedding(&mut violations);
        self.check_addresses(&mut violations);
        violations
    }

    /// What stands against starting a worker.
    pub fn obstacles_to_start(&self) -> Vec<Violation> {
        let mut obstacles = self.missing_features();
        if self.storage.backend != StorageBackend::Sqlite && self.processing.mode == ProcessingMode::Single {
            let rule = "the mode `single` (processing.mode) works on sqlite";
            obstacles.push(
                Violation::new("storage.backend", self.storage.backend, rule).related_to("processing.mode"),
            );
        }
        if self.storage.backend != StorageBackend::Postgresql
            && self.processing.mode == ProcessingMode::Distributed
        {
            let rule = "the mode `distributed` (processing.mode) works on postgresql";
            obstacles.push(
                Violation::new("storage.backend", self.storage.backend, rule).related_to("processing.mode"),
            );
        }
        if self.content_sources.is_empty() {
            obstacles.push(Violation::new(
                "content_sources",
                "[]",
                "a worker needs at least one source to read",
            ));
        }
        obstacles
    }

    /// What the configuration asks for that this version does not have, or not without something else.
    fn missing_features(&self) -> Vec<Violation> {
        let mut missing = Vec::new();
        if self.telemetry.enabled {
            missing.push(Violation::new("telemetry.enabled", true, "this version does not serve metrics"));
        }
        if self.relationship_detection.semantic && !self.embedding.enabled {
            let rule = "relationships by meaning need vectors (embedding.enabled)";
            missing.push(
                Violation::new("relationship_detection.semantic", true, rule).related_to("embedding.enabled"),
            );
        }
        missing
    }

    fn check_work_queue(&self, violations: &mut Vec<Violation>) {
        let queue = &self.work_queue;
        at_least_some(violations, "work_queue.heartbeat_interval", queue.heartbeat_interval);
        at_least_some(violations, "work_queue.poll_interval", queue.poll_interval);
        if queue.heartbeat_interval() * 2 >= queue.claim_timeout() {
            violations.push(
                Violation::new(
                    "work_queue.heartbeat_interval",
                    queue.heartbeat_interval,
                    format!(
                        "twice as much must be less than work_queue.claim_timeout ({}), so that a claim survives a lost heartbeat",
                        queue.claim_timeout
                    ),
                )
                .related_to("work_queue.claim_timeout"),
            );
        }
        if queue.claim_timeout > queue.stale_threshold {
            violations.push(
                Violation::new(
                    "work_queue.claim_timeout",
                    queue.claim_timeout,
                    format!("it must not exceed work_queue.stale_threshold ({})", queue.stale_threshold),
                )
                .related_to("work_queue.stale_threshold"),
            );
        }
        if queue.retry_backoff_base > queue.retry_backoff_max {
            violations.push(
                Violation::new(
                    "work_queue.retry_backoff_base",
                    queue.retry_backoff_base,
                    format!("it must not exceed work_queue.retry_backoff_max ({})", queue.retry_backoff_max),
                )
                .related_to("work_queue.retry_backoff_max"),
            );
        }
    }

    fn check_election(&self, violations: &mut Vec<Violation>) {
        let election = &self.election;
        at_least_some(violations, "election.renew_interval", election.renew_interval);
        if election.renew_interval() + election.margin() >= election.ttl() {
            violations.push(
                Violation::new(
                    "election.ttl",
                    election.ttl,
                    format!(
                        "it must be more than election.renew_interval ({}) and election.margin ({}) together",
                        election.renew_interval, election.margin
                    ),
                )
                .related_to("election.renew_interval")
                .related_to("election.margin"),
            );
        }
    }

    fn check_storage(&self, violations: &mut Vec<Violation>) {
        let storage = &self.storage;
        at_least_some(violations, "storage.pool_timeout", storage.pool_timeout);
        if storage.path.as_os_str().is_empty() {
            violations.push(Violation::new("storage.path", "", "it must name a file"));
        }
        let passwords: Vec<&str> = StorageConfig::password_keys(storage).collect();
        if let [_, second, ..] = passwords.as_slice() {
            violations.push(Violation {
                value: "given".into(),
                ..Violation::new(second, "", format!("give one of {}", passwords.join(", ")))
            });
        }
        if storage.sslcert.is_some() != storage.sslkey.is_some() {
            let (given, missing) = if storage.sslcert.is_some() {
                ("storage.sslcert", "storage.sslkey")
            } else {
                ("storage.sslkey", "storage.sslcert")
            };
            violations.push(Violation {
                value: "given".into(),
                ..Violation::new(
                    given,
                    "",
                    format!("a certificate and its key go together; {missing} is missing"),
                )
            });
        }
        for (key, uri) in [("storage.uri", &storage.uri), ("storage.read_url", &storage.read_url)] {
            let Some(uri) = uri else { continue };
            let is_postgresql =
                ["postgresql://", "postgres://"].iter().any(|scheme| uri.expose().starts_with(scheme));
            if !is_postgresql {
                violations.push(Violation::new(key, uri, "it must begin with postgresql://"));
            }
        }
    }

    fn check_sources(&self, violations: &mut Vec<Violation>) {
        let mut names = HashSet::new();
        for (index, source) in self.content_sources.iter().enumerate() {
            let name = source.name.as_str();
            let key = || KeyPath::of("content_sources").index(index).key("name");
            if name.trim().is_empty() {
                violations.push(Violation::at(key(), name, "a source needs a name"));
            } else if name.starts_with('(') {
                violations.push(Violation::at(
                    key(),
                    name,
                    "names that begin with a parenthesis are the worker's own",
                ));
            } else if name.contains(':') || name.contains(char::is_control) {
                let rule = "a name has no colon, which divides it from the document's own, and no control characters";
                violations.push(Violation::at(key(), name, rule));
            } else if !names.insert(name) {
                violations.push(Violation::at(key(), name, "another source has this name"));
            }
        }
    }

    fn check_embedding(&self, violations: &mut Vec<Violation>) {
        let embedding = &self.embedding;
        for (key, overlap, size_key, size) in [
            ("embedding.overlap", embedding.overlap, "embedding.chunk_size", embedding.chunk_size),
            (
                "embedding.overlap_size",
                embedding.overlap_size,
                "embedding.window_size",
                embedding.window_size,
            ),
        ] {
            if overlap >= size.get() {
                let rule = format!("it must be less than {size_key} ({size})");
                violations.push(Violation::new(key, overlap, rule).related_to(size_key));
            }
        }
        at_least_some(violations, "embedding.timeout", embedding.timeout);
    }

    fn check_addresses(&self, violations: &mut Vec<Violation>) {
        let address = &self.telemetry.metrics_address;
        if !is_listen_address(address) {
            let rule = "it must be an address and a port, such as 0.0.0.0:8080 or [::]:8080";
            violations.push(Violation::new("telemetry.metrics_address", address, rule));
        }
        for (key, url) in [
            ("telemetry.otlp_endpoint", &self.telemetry.otlp_endpoint),
            ("embedding.base_url", &self.embedding.base_url),
        ] {
            let Some(url) = url else { continue };
            if !url.starts_with("http://") && !url.starts_with("https://") {
                violations.push(Violation::new(key, url, "it must begin with http:// or https://"));
            }
        }
    }
}

impl StorageConfig {
    fn password_keys(&self) -> impl Iterator<Item = &'static str> {
        [
            ("storage.password", self.password.is_some()),
            ("storage.password_env", self.password_env.is_some()),
            ("storage.password_file", self.password_file.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, is_given)| is_given.then_some(key))
    }
}

fn at_least_some(violations: &mut Vec<Violation>, key: &str, span: Seconds) {
    if span.is_zero() {
        violations.push(Violation::new(key, span, "it must be more than 0"));
    }
}

/// Names of hosts are left to the resolver, at start.
fn is_listen_address(address: &str) -> bool {
    let is_name_and_port = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && !host.contains(':') && port.parse::<u16>().is_ok());
    is_name_and_port || address.parse::<SocketAddr>().is_ok()
}
