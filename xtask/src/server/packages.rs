//! Debian packages that are installed when a program is missing.

use super::command::{VERY_LONG, find, output};
use super::user::is_root;
use anyhow::{Context, ensure};
use std::process::Command;

/// Looks for something; if it is missing, installs the package that brings it and looks again.
pub(super) fn ensure<T>(package: &str, look: impl Fn() -> Option<T>) -> anyhow::Result<T> {
    if let Some(found) = look() {
        return Ok(found);
    }
    install(package)?;
    look().with_context(|| format!("the package {package} is installed but does not bring what is expected"))
}

fn install(package: &str) -> anyhow::Result<()> {
    ensure!(find("apt-get").is_some(), "{package} is missing and there is no apt-get here: install it");
    ensure!(is_root(), "{package} is missing: install it with `sudo apt-get install -y {package}`");
    eprintln!("server: installing {package}");
    if apt_get(&["install", "-y", package]).is_err() {
        // The lists may be missing, or too old to name files that still exist.
        apt_get(&["update"])?;
        apt_get(&["install", "-y", package])?;
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    output(command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments), VERY_LONG).map(drop)
}
