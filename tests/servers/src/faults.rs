//! What goes wrong with a server, and what it was asked for.

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode, Uri};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What becomes of a request before the server sees it.
#[derive(Debug, Clone, Default)]
pub enum Fault {
    /// The server answers.
    #[default]
    None,
    /// The client gets this answer instead.
    Answer {
        /// The status.
        status: StatusCode,
        /// Headers of the answer.
        headers: HeaderMap,
        /// The body.
        body: Bytes,
    },
    /// The server answers, and the connection breaks when so many bytes of the body have been sent.
    CutBodyAfter(usize),
    /// The server answers, and sends nothing of the body behind so many bytes, without an end.
    StallBodyAfter(usize),
    /// The server answers after a while.
    Delay(Duration),
    /// The connection is closed without an answer.
    Close,
}

impl Fault {
    /// An answer with the body that S3 and Azure give errors.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>4442587FB7D0A2F9</RequestId></Error>"
        );
        Self::answer(status, body)
    }

    /// An answer.
    pub fn answer(status: u16, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self::Answer { status, headers: HeaderMap::new(), body: body.into() }
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.insert(name, value.parse().unwrap());
        }
        self
    }
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its method.
    pub method: Method,
    /// What was asked for.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Seen {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

type Hook = Box<dyn FnMut(&Parts) -> Fault + Send>;

/// The faults of a server, and the requests that came.
#[derive(Clone, Default)]
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    hook: Option<Hook>,
    seen: Vec<Seen>,
}

impl Faults {
    /// From now on, `hook` says what becomes of each request. It is asked before the server is.
    pub fn inject(&self, hook: impl FnMut(&Parts) -> Fault + Send + 'static) {
        self.lock().hook = Some(Box::new(hook));
    }

    /// From now on, nothing goes wrong.
    pub fn heal(&self) {
        self.lock().hook = None;
    }

    /// The requests that came since the beginning, or since this was last asked.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.lock().seen)
    }

    /// How many requests came since [`take_seen`](Self::take_seen) was last asked.
    pub fn seen(&self) -> usize {
        self.lock().seen.len()
    }

    pub(crate) fn of(&self, parts: &Parts) -> Fault {
        let mut shared = self.lock();
        shared.seen.push(Seen {
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        });
        shared.hook.as_mut().map(|hook| hook(parts)).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
