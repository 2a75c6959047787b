//! A web site on loopback for tests, and servers that misbehave.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{ETAG, HOST, IF_NONE_MATCH};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use futures::stream;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a path of the site answers.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    is_endless: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self { status, headers: Vec::new(), body: body.into(), is_endless: false }
    }

    pub(crate) fn html(body: impl Into<Bytes>) -> Self {
        Self::new(200, body).with("content-type", "text/html; charset=utf-8")
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, "").with("location", location)
    }

    /// A body that is sent again and again.
    pub(crate) fn endless(body: &'static [u8]) -> Self {
        Self { is_endless: true, ..Self::html(body) }
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.push((name, HeaderValue::from_bytes(value.as_ref()).unwrap()));
        self
    }

    fn response(self) -> Response<Body> {
        let mut response = Response::new(if self.is_endless {
            let body = self.body;
            Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(body.clone())))
        } else {
            Body::from(self.body)
        });
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// A request that the site got.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
}

type Answering = Box<dyn Fn(&str) -> Option<Reply> + Send + Sync>;

#[derive(Default)]
struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    otherwise: Mutex<Option<Answering>>,
    asked: Mutex<Vec<Asked>>,
}

/// A site. It ends when it is dropped.
pub(crate) struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, server }
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same path under another name of the host.
    pub(crate) fn url_by_name(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    pub(crate) fn put(&self, path: &str, reply: Reply) {
        self.shared.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub(crate) fn remove(&self, path: &str) {
        self.shared.replies.lock().unwrap().remove(path);
    }

    /// What answers for paths that were not put.
    pub(crate) fn otherwise(&self, answering: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) {
        *self.shared.otherwise.lock().unwrap() = Some(Box::new(answering));
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    pub(crate) fn asked_for(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    shared.asked.lock().unwrap().push(Asked { path: path.clone(), headers: headers.collect() });
    assert!(request.headers().contains_key(HOST));
    let reply = shared.replies.lock().unwrap().get(&path).cloned();
    let reply = reply.or_else(|| shared.otherwise.lock().unwrap().as_ref().and_then(|answer| answer(&path)));
    let reply = reply.unwrap_or_else(|| Reply::new(404, "not found"));
    let tag = reply.headers.iter().find(|(name, _)| name == ETAG).map(|(_, value)| value);
    if tag.is_some() && request.headers().get(IF_NONE_MATCH) == tag {
        return Reply { body: Bytes::new(), status: StatusCode::NOT_MODIFIED, ..reply }.response();
    }
    reply.response()
}

/// A server that reads a request of each connection, and then does what it likes.
pub(crate) async fn raw_server<F: Future<Output = ()> + Send + 'static>(
    behave: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            if stream.read(&mut buffer).await.is_ok() {
                tokio::spawn(behave(stream));
            }
        }
    });
    format!("http://{address}/")
}

/// A server that answers every request with these bytes, and closes the connection.
pub(crate) async fn raw_answer(answer: Vec<u8>) -> String {
    raw_server(move |mut stream| {
        let answer = answer.clone();
        async move {
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}
