//! Work that blocks, off the threads that must not.

/// Runs `work` on a blocking thread and waits for it. A panic in it is passed on.
pub(crate) async fn on_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down before the work began, and takes the caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}
