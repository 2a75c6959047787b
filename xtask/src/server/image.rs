//! The image of the containers: PostgreSQL 17 with pgvector, and `PgBouncer`.

use super::apt_sources;
use super::command::{SHORT, VERY_LONG, find, output, output_unless_silent};
use super::docker::docker;
use super::packages;
use anyhow::Context;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The name of the image.
pub(super) const IMAGE: &str = "go-doc-go-test-postgres:17";

/// The root file system that is imported when no image can be pulled.
const BASE: &str = "go-doc-go-test-base:17";

/// The official image, which is the base where it can be had.
const OFFICIAL: &str = "postgres:17";

/// How long a registry may take to answer. Offline it never does.
const REGISTRY_PATIENCE: Duration = Duration::from_secs(8);

/// The release of Debian that has PostgreSQL 17, pgvector, and a `PgBouncer` that knows prepared statements.
const SUITE: &str = "trixie";

/// What the root file system is made of, besides the minimum.
const PACKAGES: [&str; 4] = ["postgresql-17", "postgresql-17-pgvector", "pgbouncer", "ca-certificates"];

/// The files that the image is built from.
const FILES: [(&str, &str); 3] = [
    ("Dockerfile", include_str!("image/Dockerfile")),
    ("entrypoint.sh", include_str!("image/entrypoint.sh")),
    ("server.conf", super::SETTINGS),
];

/// The label with the fingerprint of what the image was built from.
const RECIPE_LABEL: &str = "go-doc-go-test.recipe";

/// Makes sure that the image is there and current. Root file systems are kept in `cache`.
pub(super) fn ensure(cache: &Path) -> anyhow::Result<()> {
    if is_current() {
        return Ok(());
    }
    let started = Instant::now();
    eprintln!("server: building the image {IMAGE} (once; about a minute)");
    // On top of the official image, two packages are downloaded: that may fail where the pull has not.
    if pull().and_then(|()| build(OFFICIAL)).is_err() {
        import(cache)?;
        build(BASE)?;
    }
    eprintln!("server: built {IMAGE} in {} s", started.elapsed().as_secs());
    Ok(())
}

fn is_current() -> bool {
    let format = format!("{{{{index .Config.Labels \"{RECIPE_LABEL}\"}}}}");
    let label = output(&mut docker(&["image", "inspect", "--format", &format, IMAGE]), SHORT);
    label.is_ok_and(|label| label.trim() == recipe())
}

/// A fingerprint. It may change with the compiler: that costs one more build.
fn recipe() -> String {
    let mut hasher = DefaultHasher::new();
    (FILES, PACKAGES, SUITE).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn pull() -> anyhow::Result<()> {
    output_unless_silent(&mut docker(&["pull", OFFICIAL]), REGISTRY_PATIENCE, VERY_LONG).map(drop)
}

fn build(base: &str) -> anyhow::Result<()> {
    let context = tempfile::tempdir()?;
    for (name, content) in FILES {
        std::fs::write(context.path().join(name), content)?;
    }
    let (label, base) = (format!("{RECIPE_LABEL}={}", recipe()), format!("BASE={base}"));
    let mut command = docker(&["build", "--tag", IMAGE, "--label", &label, "--build-arg", &base]);
    output(command.arg(context.path()), VERY_LONG).map(drop)
}

/// Imports the root file system, which is made first if it is not in the cache.
fn import(cache: &Path) -> anyhow::Result<()> {
    let archive = cache.join(format!("{SUITE}-{}.tar", PACKAGES.join("+")));
    if !archive.exists() {
        make(&archive, cache)?;
    }
    let mut command = docker(&["import"]);
    output(command.arg(&archive).arg(BASE), VERY_LONG).map(drop)
}

fn make(archive: &Path, cache: &Path) -> anyhow::Result<()> {
    let program = mmdebstrap()?;
    let mirror = apt_sources::debian_mirror()?;
    std::fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
    // Under another name until it is whole, and in a directory of its own because the name tells the format.
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(cache)?;
    let target = unfinished.path().join("root.tar");
    let mut command = Command::new(program);
    command.args(["--variant=minbase", &format!("--include={}", PACKAGES.join(","))]);
    // The package makes a cluster; the containers make their own.
    command.arg("--customize-hook=rm -rf \"$1\"/var/lib/postgresql/17 \"$1\"/etc/postgresql/17");
    output(command.arg(SUITE).arg(&target).arg(mirror), VERY_LONG)?;
    std::fs::rename(&target, archive).with_context(|| format!("cannot write {}", archive.display()))
}

fn mmdebstrap() -> anyhow::Result<PathBuf> {
    packages::ensure("mmdebstrap", || find("mmdebstrap"))
}
