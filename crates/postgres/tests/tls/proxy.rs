//! A way to the database that is encrypted, as a server that has `ssl` switched on would be.

use super::certificates::{Authority, Identity};
use gdg_config::{ConnectionUri, SslMode, StorageConfig};
use gdg_test_database::TestDatabase;
use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// What a client asks for before anything else, where it wants encryption: a length of eight, and a number.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A way to the database. What came this way is counted.
pub(crate) struct Proxy {
    database: Url,
    port: u16,
    counts: Arc<Counts>,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Counts {
    encrypted: AtomicUsize,
    plain: AtomicUsize,
}

/// A configuration that shows this certificate; `clients` is the authority whose certificates it demands.
pub(crate) fn server_config(
    identity: &Identity,
    clients: Option<&Authority>,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let roots = Arc::new(authority.roots());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    builder.with_single_cert(vec![identity.certificate.clone()], identity.key()).unwrap()
}

impl Proxy {
    /// A way to `database` that is encrypted, unless `config` is `None`: then the client is told that it cannot be.
    pub(crate) async fn start(database: &TestDatabase, config: Option<ServerConfig>) -> Self {
        let entry = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = entry.local_addr().unwrap().port();
        let acceptor = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        let (database, counts) = (database.url(), Arc::new(Counts::default()));
        let mut connections = JoinSet::new();
        let (far, counting) = (database.clone(), Arc::clone(&counts));
        connections.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = entry.accept().await {
                connections.spawn(serve(near, far.clone(), acceptor.clone(), Arc::clone(&counting)));
            }
        });
        Self { database, port, counts, _connections: connections }
    }

    /// A way that shows this certificate.
    pub(crate) async fn showing(database: &TestDatabase, identity: &Identity) -> Self {
        Self::start(database, Some(server_config(identity, None, rustls::ALL_VERSIONS))).await
    }

    /// The address of the database by this way.
    pub(crate) fn url(&self, host: &str) -> Url {
        let mut url = self.database.clone();
        url.set_host(Some(host)).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url
    }

    /// The section `storage` that leads this way.
    pub(crate) fn storage(&self, host: &str, sslmode: SslMode) -> StorageConfig {
        let uri = Some(ConnectionUri::new(self.url(host)));
        StorageConfig { uri, sslmode, ..StorageConfig::default() }
    }

    /// How many connections were encrypted, and how many went on in plain.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.counts.encrypted.load(Ordering::SeqCst), self.counts.plain.load(Ordering::SeqCst))
    }
}

async fn serve(mut near: TcpStream, far: Url, acceptor: Option<TlsAcceptor>, counts: Arc<Counts>) {
    let mut first = [0; 8];
    // A client may also go away.
    if near.read_exact(&mut first).await.is_err() {
        return;
    }
    if first != SSL_REQUEST {
        counts.plain.fetch_add(1, Ordering::SeqCst);
        return pass_on(near, &first, &far).await;
    }
    let Some(acceptor) = acceptor else {
        near.write_all(b"N").await.unwrap();
        // Whoever insists on encryption goes away now.
        if near.read_exact(&mut first).await.is_ok() {
            counts.plain.fetch_add(1, Ordering::SeqCst);
            pass_on(near, &first, &far).await;
        }
        return;
    };
    near.write_all(b"S").await.unwrap();
    match acceptor.accept(near).into_fallible().await {
        Ok(near) => {
            counts.encrypted.fetch_add(1, Ordering::SeqCst);
            pass_on(near, &[], &far).await;
        }
        // Closing while something is unread would take back what was said of the reason.
        Err((_, mut near)) => {
            let _ = near.shutdown().await;
            let _ = tokio::io::copy(&mut near, &mut tokio::io::sink()).await;
        }
    }
}

async fn pass_on(mut near: impl AsyncRead + AsyncWrite + Unpin, first: &[u8], far: &Url) {
    let (host, port) = (far.host_str().unwrap(), far.port().unwrap_or(5432));
    let mut far = TcpStream::connect((host, port)).await.unwrap();
    far.write_all(first).await.unwrap();
    let _ = copy_bidirectional(&mut near, &mut far).await;
}
