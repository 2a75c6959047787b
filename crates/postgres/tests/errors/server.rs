//! A server that says what it is told to say, and nothing else.

use gdg_config::{ConnectionUri, StorageConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server that answers everybody who connects with the same bytes.
pub(crate) struct FakeServer {
    port: u16,
    _connections: JoinSet<()>,
}

/// A message of the protocol.
pub(crate) fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).unwrap();
    [&[kind], length.to_be_bytes().as_slice(), content].concat()
}

/// An answer that ends a connection.
pub(crate) fn refusal(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

impl FakeServer {
    pub(crate) async fn start(answer: Vec<u8>) -> Self {
        let entry = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = entry.local_addr().unwrap().port();
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = entry.accept().await {
                connections.spawn(serve(near, answer.clone()));
            }
        });
        Self { port, _connections: connections }
    }

    /// The section `storage` that leads here, with this password.
    pub(crate) fn storage(&self, password: &str) -> StorageConfig {
        let uri = format!("postgresql://me:{password}@127.0.0.1:{}/docs", self.port);
        StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() }
    }
}

async fn serve(mut near: TcpStream, answer: Vec<u8>) {
    // The first that a client asks is whether it may encrypt.
    let mut request = [0; 8];
    near.read_exact(&mut request).await.unwrap();
    near.write_all(b"N").await.unwrap();
    let length = near.read_u32().await.unwrap() as usize;
    near.read_exact(&mut vec![0; length - 4]).await.unwrap();
    near.write_all(&answer).await.unwrap();
    // Whatever is still said does not matter; closing before it was would take back the answer.
    let _ = tokio::io::copy(&mut near, &mut tokio::io::sink()).await;
}
