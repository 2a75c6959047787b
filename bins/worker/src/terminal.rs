//! Standard error, shared by log lines and a progress bar.

use indicatif::ProgressBar;
use std::io::{self, Write};
use tracing_subscriber::fmt::MakeWriter;

/// Writes log lines above a progress bar, which is drawn anew below them.
#[derive(Debug, Clone)]
pub(crate) struct AboveBar {
    pub(crate) bar: ProgressBar,
}

/// One event on its way to the terminal.
pub(crate) struct Line {
    bar: ProgressBar,
    bytes: Vec<u8>,
}

impl<'w> MakeWriter<'w> for AboveBar {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line { bar: self.bar.clone(), bytes: Vec::new() }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let bytes = &self.bytes;
        // Nobody is left to be told that standard error is gone.
        self.bar.suspend(|| drop(io::stderr().lock().write_all(bytes)));
    }
}
