//! A web server with files below `/files/`, and a list of them at `/index.txt`.

use crate::bucket::Bucket;
use crate::faults::Faults;
use crate::loopback::{Body, Loopback};
use crate::reply;
use hyper::{Request, Response};
use percent_encoding::percent_decode_str;
use std::fmt::Write;
use std::ops::Deref;

/// The server, and its files.
pub struct FileServer {
    server: Loopback,
    files: Bucket,
}

impl FileServer {
    /// Starts a server.
    pub async fn start() -> Self {
        let files = Bucket::default();
        let served = files.clone();
        let server = Loopback::start(move |request| {
            let response = answer(&served, &request);
            async move { response }
        })
        .await;
        Self { server, files }
    }

    /// The address of a path: `/files/a.md`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.endpoint())
    }

    /// Its faults, and the requests that came.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }
}

impl Deref for FileServer {
    type Target = Bucket;

    fn deref(&self) -> &Bucket {
        &self.files
    }
}

fn answer<B>(files: &Bucket, request: &Request<B>) -> Response<Body> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    if path == "/index.txt" {
        let mut index = String::new();
        for (key, _) in files.page("", None, false, usize::MAX).objects {
            writeln!(index, "/files/{key}").unwrap();
        }
        return reply::plain(200, index);
    }
    match path.strip_prefix("/files/").and_then(|key| files.get(key)) {
        Some(object) => reply::object(&object, request.headers()),
        None => reply::plain(404, "no such file"),
    }
}
