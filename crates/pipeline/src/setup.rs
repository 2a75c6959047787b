//! What both modes make of a configuration at their start.

use crate::PipelineError;
use crate::embedding::Embedding;
use crate::processing::ProcessorOptions;
use gdg_config::{Config, Environment};
use gdg_parsing::{DocumentParser, PARSER_REVISION, SandboxCommand};
use gdg_queue::RetryPolicy;
use gdg_sources::{Source, SourceContext, Spool, open_source};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Opens every source; fails where one cannot be.
fn open_sources(config: &Config, environment: &Environment) -> Result<Vec<Arc<dyn Source>>, PipelineError> {
    let context = SourceContext {
        path_mappings: config.path_mappings.clone(),
        environment: environment.clone(),
        spool: Spool {
            threshold: config.processing.spool_threshold,
            directory: config.processing.spool_directory.clone(),
            max_document_size: config.parsing.limits.max_document_size,
        },
    };
    config
        .content_sources
        .iter()
        .map(|source| {
            open_source(source, &context).map_err(|error| PipelineError::Configuration(error.to_string()))
        })
        .collect()
}

pub(crate) fn retry_policy(config: &Config) -> RetryPolicy {
    RetryPolicy {
        max_retries: config.work_queue.max_retries,
        base_delay: config.work_queue.retry_backoff_base(),
        max_delay: config.work_queue.retry_backoff_max(),
    }
}

/// Documents that are parsed at a time.
pub(crate) fn parse_threads(config: &Config) -> usize {
    let configured = config.processing.parallelism.map(NonZeroU32::get);
    configured.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        |threads| threads as usize,
    )
}

/// Opens the sources and the model of a configuration: how its documents are fetched, parsed, `threads` at a time, and
/// embedded. Nothing is taken over from others. Fails where a source or the model cannot be opened.
pub(crate) async fn processor_options(
    config: &Config,
    environment: &Environment,
    sandbox: SandboxCommand,
    threads: usize,
) -> Result<ProcessorOptions, PipelineError> {
    let sources = open_sources(config, environment)?;
    let embedding = Embedding::open(config, environment).await?;
    let model = embedding.as_ref().map(Embedding::model);
    Ok(ProcessorOptions {
        sources,
        parser: Arc::new(DocumentParser::new(config.parsing.limits.clone(), sandbox, threads)),
        parse_threads: threads,
        unsupported: config.parsing.unsupported,
        stores_links: config.relationship_detection.stores_links(),
        parse_fingerprint: config.parse_fingerprint(PARSER_REVISION, model).into(),
        copies: None,
        embedding,
        relating: None,
    })
}
