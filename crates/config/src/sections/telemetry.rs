//! `telemetry`: what other systems see of a worker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What other systems see of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Whether the worker serves `/metrics`, `/healthz` and `/readyz`.
    pub enabled: bool,
    /// Where it serves them: an address and a port. Port 0 takes any that is free.
    pub metrics_address: String,
    /// The name under which traces and metrics appear.
    pub service_name: String,
    /// The address of an OpenTelemetry collector that gets traces. Unset: nobody gets them.
    pub otlp_endpoint: Option<String>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            metrics_address: "0.0.0.0:8080".into(),
            service_name: "go-doc-go".into(),
            otlp_endpoint: None,
        }
    }
}
