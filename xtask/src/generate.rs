//! Files that are made from the code, and checked in so that people and editors find them.

mod configuration_reference;

use crate::workspace::root;
use anyhow::Context;

/// The generated files, by their path in the workspace.
fn files() -> anyhow::Result<[(&'static str, String); 2]> {
    let schema = gdg_config::json_schema();
    Ok([
        ("config/schema.json", format!("{}\n", serde_json::to_string_pretty(&schema)?)),
        ("docs/src/configuration-reference.md", configuration_reference::markdown(&schema)),
    ])
}

/// Writes the generated files.
pub(crate) fn run() -> anyhow::Result<()> {
    for (path, content) in files()? {
        std::fs::write(root().join(path), content).with_context(|| format!("cannot write {path}"))?;
        eprintln!("wrote {path}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_files_are_current() {
        for (path, content) in files().unwrap() {
            let checked_in = std::fs::read_to_string(root().join(path)).unwrap_or_default();
            assert!(checked_in == content, "{path} is out of date: run `cargo xtask generate`");
        }
    }
}
