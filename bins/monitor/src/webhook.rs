//! Alerts, sent to whoever wants to hear of them.

use crate::output::AlertsDocument;
use anyhow::Context;
use gdg_operations::alerts::{AlertKind, Severity};
use reqwest::Url;
use std::collections::BTreeSet;
use std::time::Duration;
use thiserror::Error;

/// How long the receiver may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An address that nothing can be sent to.
#[derive(Debug, Error)]
#[error("--webhook: `{0}` is no address that begins with http:// or https://")]
pub(crate) struct BadAddress(String);

/// Sends alerts to an address, when they change.
pub(crate) struct Webhook {
    url: Url,
    client: reqwest::Client,
    /// What was told last: nothing, at first.
    told: BTreeSet<(AlertKind, String, Severity)>,
}

impl Webhook {
    pub(crate) fn new(address: &str) -> anyhow::Result<Self> {
        let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| BadAddress(address.to_owned()))?;
        // Someone else may have done it already, with the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("go-doc-go-monitor/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self { url, client, told: BTreeSet::new() })
    }

    /// Sends the document if other alerts are raised than it was told last; also when none is any more. What could not
    /// be sent is sent the next time.
    pub(crate) async fn tell_changes(&mut self, document: &AlertsDocument) -> anyhow::Result<()> {
        let raised: BTreeSet<_> =
            document.alerts.iter().map(|alert| (alert.kind, alert.subject.clone(), alert.severity)).collect();
        if raised == self.told {
            return Ok(());
        }
        let sending = self.client.post(self.url.clone()).json(document).send();
        let answer =
            sending.await.map_err(reqwest::Error::without_url).context("the webhook cannot be reached")?;
        anyhow::ensure!(answer.status().is_success(), "the webhook answered {}", answer.status());
        self.told = raised;
        Ok(())
    }
}
