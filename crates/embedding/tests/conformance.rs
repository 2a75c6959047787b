//! Every provider passes the suite.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod service;

mod hash {
    use gdg_embedding::HashEmbedder;
    use std::future::{Ready, ready};

    fn make() -> Ready<HashEmbedder> {
        ready(HashEmbedder::new(HashEmbedder::DEFAULT_DIMENSIONS))
    }

    gdg_embedding::embedder_conformance_tests!(make);
}

mod shipped {
    use gdg_embedding::StaticEmbedder;
    use std::future::{Ready, ready};

    fn make() -> Ready<StaticEmbedder> {
        ready(StaticEmbedder::shipped().unwrap())
    }

    gdg_embedding::embedder_conformance_tests!(make);
}

mod caching {
    use gdg_embedding::{CachingEmbedder, HashEmbedder};
    use std::future::{Ready, ready};
    use std::sync::Arc;

    fn make() -> Ready<CachingEmbedder> {
        // Room for one vector: the suite meets both what is remembered and what is forgotten.
        ready(CachingEmbedder::new(Arc::new(HashEmbedder::new(256)), 1500).with_batch_size(2))
    }

    gdg_embedding::embedder_conformance_tests!(make);
}

mod openai {
    use super::service::Service;
    use gdg_embedding::OpenAiEmbedder;

    async fn make() -> OpenAiEmbedder {
        // The service lives as long as the runtime of the test.
        Service::good().await.open().await.unwrap()
    }

    gdg_embedding::embedder_conformance_tests!(make);
}
