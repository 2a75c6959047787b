//! The subcommand `search`.

use anyhow::Context;
use gdg_config::{Config, Environment, LogFormat};
use gdg_operations::Database;
use gdg_operations::search::{Found, search};
use gdg_operations::units::line;
use std::fmt::Write as _;

/// Characters of a text that are shown.
const SHOWN: usize = 160;

/// What was found, as it is printed.
pub(crate) async fn found(config: &Config, query: &str, limit: usize) -> anyhow::Result<String> {
    let environment = Environment::of_process();
    let database = Database::read_only(config, &environment, "go-doc-go search")?;
    database.check_schema().await?;
    let found = search(&database, config, &environment, query, limit).await?;
    match config.logging.format {
        LogFormat::Json => {
            let json = serde_json::to_string(&found).context("cannot write what was found as JSON")?;
            Ok(json + "\n")
        }
        LogFormat::Text if found.is_empty() => Ok("nothing was found\n".into()),
        LogFormat::Text => Ok(text(&found)),
    }
}

fn text(found: &[Found]) -> String {
    let mut text = String::new();
    for one in found {
        let path: Vec<&str> = one.headings.iter().map(String::as_str).collect();
        let path = if path.is_empty() { String::new() } else { format!("  {}", path.join(" > ")) };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}{}", one.doc_id, line(&path, SHOWN));
        let said = if one.text.is_empty() { one.title.as_deref().unwrap_or_default() } else { &one.text };
        let _ = writeln!(text, "    {} {}: {}", one.element_type, one.position, line(said, SHOWN));
    }
    text
}
