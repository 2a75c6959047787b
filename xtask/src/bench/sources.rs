//! Sources: a listing of a million objects, many fetches at a time, and a second run over files that have not changed.

mod bucket;

use super::process::{Measured, measure};
use super::single::{Folder, Sizes};
use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt};
use gdg_config::{ByteSize, S3SourceConfig, SourceConfig, SourceKind};
use gdg_model::{DocumentRef, SourceName, Stamp};
use gdg_sources::{Fetch, Source, SourceContext, Spool, open_source};
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Objects in the bucket that is listed.
    #[arg(long, default_value_t = 1_000_000)]
    objects: u64,
    /// Files of the folder that is read twice.
    #[arg(long, default_value_t = 100_000)]
    files: u32,
    /// How often a listing is measured; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where files and databases are made.
    #[arg(long, value_name = "FOLDER", default_value = "target")]
    scratch: PathBuf,
    /// Measures one part, against the server at `--endpoint`, in a process of its own.
    #[arg(long, hide = true)]
    part: Option<Part>,
    #[arg(long, hide = true)]
    endpoint: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Part {
    /// A bare loop over the listing of the crate `object_store`.
    Bare,
    /// The listing of a source.
    Listing,
    /// Fetches that are all held until the last one is there.
    Fetches,
}

/// Documents that are fetched, and held, at a time.
const FETCHES: u64 = 32;
/// Bytes of a document that is fetched.
const FETCHED: u64 = 64 << 20;
/// Bytes of one document that are held in memory.
const THRESHOLD: u64 = 1 << 20;

/// Measures, and prints the figures.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let (Some(part), Some(endpoint)) = (options.part, &options.endpoint) {
        return runtime.block_on(measure_part(part, endpoint));
    }
    let server = runtime.block_on(bucket::start(options.objects, FETCHED))?;
    let bare = median(options, &server, Part::Bare)?;
    let ours = median(options, &server, Part::Listing)?;
    let rate = |measured: &Measured| options.objects as f64 / measured.elapsed.as_secs_f64();
    let mebibytes = |measured: &Measured| measured.peak_resident as f64 / f64::from(1 << 20);
    println!("{} objects, 1,000 a page, from a server that makes them up", options.objects);
    println!(
        "a bare loop of object_store  {:>9.0} objects/s  {:>6.1} MiB resident at most",
        rate(&bare),
        mebibytes(&bare)
    );
    println!(
        "the listing of a source      {:>9.0} objects/s  {:>6.1} MiB resident at most  {:.2} of the bare loop",
        rate(&ours),
        mebibytes(&ours),
        rate(&ours) / rate(&bare)
    );
    let fetches = part(&server, Part::Fetches)?;
    println!(
        "{FETCHES} documents of {} MiB fetched at a time, {} MiB of each in memory: {:.1} MiB resident at most, {:.1} s",
        FETCHED >> 20,
        THRESHOLD >> 20,
        mebibytes(&fetches),
        fetches.elapsed.as_secs_f64()
    );
    second_run(options)
}

fn second_run(options: &Options) -> anyhow::Result<()> {
    let sizes = Sizes { documents: options.files, min_size: 2_000, max_size: 10_000 };
    let folder = Folder::with_documents(&options.scratch, &sizes)?;
    let (first, _) = folder.work()?;
    let (second, summary) = folder.work()?;
    ensure!(summary["documents"]["unchanged"] == u64::from(options.files), "not all files were unchanged");
    println!(
        "{} files: first run {:.1} s, second {:.2} s: {:.1} % of the first",
        options.files,
        first.elapsed.as_secs_f64(),
        second.elapsed.as_secs_f64(),
        100.0 * second.elapsed.as_secs_f64() / first.elapsed.as_secs_f64()
    );
    Ok(())
}

fn median(options: &Options, server: &str, which: Part) -> anyhow::Result<Measured> {
    let mut rounds =
        (0..options.rounds.max(1)).map(|_| part(server, which)).collect::<Result<Vec<_>, _>>()?;
    rounds.sort_by_key(|measured| measured.elapsed);
    Ok(rounds.swap_remove(rounds.len() / 2))
}

/// Measures a part in a process of its own, so that its memory is its own.
fn part(server: &str, part: Part) -> anyhow::Result<Measured> {
    let name = match part {
        Part::Bare => "bare",
        Part::Listing => "listing",
        Part::Fetches => "fetches",
    };
    let mut command = Command::new(std::env::current_exe().context("cannot tell where this program is")?);
    command.args(["bench", "sources", "--part", name, "--endpoint", server]);
    let measured = measure(&mut command)?;
    ensure!(measured.status.success(), "{name} ended with {}", measured.status);
    Ok(measured)
}

async fn measure_part(part: Part, endpoint: &str) -> anyhow::Result<()> {
    match part {
        Part::Bare => {
            // An error says that one is installed, which is as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let store = AmazonS3Builder::new()
                .with_bucket_name(bucket::NAME)
                .with_region("us-east-1")
                .with_endpoint(endpoint)
                .with_allow_http(true)
                .with_skip_signature(true)
                .build()?;
            let listed = store.list(None).try_fold(0_u64, async |listed, _| Ok(listed + 1)).await?;
            println!("{listed}");
        }
        Part::Listing => {
            let source = source(endpoint)?;
            let mut batches = source.list(None, 1_000);
            let mut listed = 0;
            while let Some(batch) = batches.try_next().await? {
                listed += batch.documents.len();
            }
            println!("{listed}");
        }
        Part::Fetches => {
            let source = source(endpoint)?;
            let fetches = futures::stream::iter(0..FETCHES).map(|number| {
                let source = Arc::clone(&source);
                async move { source.fetch(&document(&*source, &bucket::large_key(number)), None).await }
            });
            let held: Vec<Fetch> = fetches.buffer_unordered(FETCHES as usize).try_collect().await?;
            println!("{}", held.len());
        }
    }
    Ok(())
}

fn source(endpoint: &str) -> anyhow::Result<Arc<dyn Source>> {
    let s3 = S3SourceConfig {
        bucket: bucket::NAME.into(),
        endpoint: Some(endpoint.into()),
        allow_http: true,
        anonymous: true,
        ..S3SourceConfig::default()
    };
    let config = SourceConfig { name: SourceName::new("bench"), kind: SourceKind::S3(Box::new(s3)) };
    let spool = Spool { threshold: ByteSize(THRESHOLD), ..Spool::default() };
    Ok(open_source(&config, &SourceContext { spool, ..SourceContext::default() })?)
}

fn document(source: &dyn Source, key: &str) -> DocumentRef {
    DocumentRef::listed(source.name(), key, Stamp::default())
}
