//! Lists a folder, and fetches its first document.
//!
//! ```text
//! cargo run -p gdg-sources --example list_folder -- docs '**/*.md'
//! ```

use futures::TryStreamExt;
use gdg_config::{FileSourceConfig, SourceConfig, SourceKind};
use gdg_model::SourceName;
use gdg_sources::{Fetch, SourceContext, open_source};
use std::error::Error;
use std::time::Instant;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = FileSourceConfig {
        base_path: arguments.next().unwrap_or_else(|| ".".into()).into(),
        include: arguments.collect(),
        ..FileSourceConfig::default()
    };
    let config = SourceConfig { name: SourceName::new("folder"), kind: SourceKind::File(Box::new(file)) };
    let source = open_source(&config, &SourceContext::default())?;

    let started = Instant::now();
    let (mut documents, mut bytes, mut first) = (0, 0, None);
    let mut batches = source.list(None, 1_000);
    while let Some(batch) = batches.try_next().await? {
        for problem in &batch.problems {
            eprintln!("{}", problem.error);
        }
        documents += batch.documents.len();
        bytes += batch.documents.iter().filter_map(|document| document.stamp.size).sum::<u64>();
        // Kept together with the batch, this is what a later listing goes on from.
        println!("{documents:>9} documents, up to {}", batch.cursor.as_str());
        first = first.or_else(|| batch.documents.into_iter().next());
    }
    println!("{documents} documents, {bytes} bytes, in {:.1?}", started.elapsed());

    if let Some(document) = first
        && let Fetch::Document(fetched) = source.fetch(&document, None).await?
    {
        let content = fetched.content;
        let read = tokio::task::spawn_blocking(move || content.read(100 << 20)).await??;
        println!("{} has {} bytes", document.doc_id, read.len());
    }
    Ok(())
}
