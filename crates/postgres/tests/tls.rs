//! Encrypted connections: when they are, and which certificates are good enough.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

#[path = "tls/certificates.rs"]
mod certificates;
#[path = "tls/proxy.rs"]
mod proxy;

use certificates::{Authority, Identity, LATE, parameters, write};
use gdg_config::{ConnectionUri, Environment, SslMode, StorageConfig};
use gdg_postgres::{Postgres, PostgresError, Settings};
use gdg_test_database::TestDatabase;
use proxy::{Proxy, server_config};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A name of this machine, which is in the certificates.
const NAMED: &str = "localhost";
/// An address of it, which is not.
const UNNAMED: &str = "127.0.0.1";

const VERIFYING: [SslMode; 2] = [SslMode::VerifyCa, SslMode::VerifyFull];

/// Everything that a test of certificates needs.
struct Scene {
    database: TestDatabase,
    authority: Authority,
    folder: TempDir,
    /// The file of the authority's certificate.
    root: PathBuf,
}

impl Scene {
    async fn new() -> Self {
        let (authority, folder) = (Authority::new("the authority"), tempfile::tempdir().unwrap());
        let root = write(folder.path(), "root.pem", &authority.pem());
        Self { database: TestDatabase::create_empty().await, authority, folder, root }
    }

    /// A way to the database whose certificate names [`NAMED`].
    async fn proxy(&self) -> Proxy {
        Proxy::showing(&self.database, &self.authority.signs(&parameters(&[NAMED], LATE))).await
    }

    /// A way to the database that demands a certificate of the authority.
    async fn demanding_proxy(&self) -> Proxy {
        let identity = self.authority.signs(&parameters(&[NAMED], LATE));
        let config = server_config(&identity, Some(&self.authority), rustls::ALL_VERSIONS);
        Proxy::start(&self.database, Some(config)).await
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        write(self.folder.path(), name, content)
    }
}

/// Connects, and asks something.
async fn connect(storage: &StorageConfig) -> Result<(), PostgresError> {
    let settings = Settings::from_config(storage, &Environment::default(), "test")?;
    Postgres::new(settings)?.query("SELECT 1", &[]).await.map(|_| ())
}

fn trusting(storage: StorageConfig, root: &Path) -> StorageConfig {
    StorageConfig { sslrootcert: Some(root.to_owned()), ..storage }
}

/// What is told of a connection that no attempt can mend.
async fn refusal(storage: &StorageConfig) -> String {
    let error = connect(storage).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    error.to_string()
}

#[tokio::test]
async fn the_mode_says_whether_a_connection_is_encrypted() {
    let scene = Scene::new().await;
    let (able, plain) = (scene.proxy().await, Proxy::start(&scene.database, None).await);
    connect(&able.storage(NAMED, SslMode::Disable)).await.unwrap();
    assert_eq!(able.counts(), (0, 1));
    for mode in [SslMode::Prefer, SslMode::Require] {
        let before = able.counts().0;
        connect(&able.storage(NAMED, mode)).await.unwrap();
        assert_eq!(able.counts(), (before + 1, 1));
    }

    connect(&plain.storage(NAMED, SslMode::Disable)).await.unwrap();
    connect(&plain.storage(NAMED, SslMode::Prefer)).await.unwrap();
    assert_eq!(plain.counts(), (0, 2));
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let storage = trusting(plain.storage(NAMED, mode), &scene.root);
        let told = refusal(&storage).await;
        assert!(told.contains("does not support TLS") && told.contains("storage.sslmode"), "{told}");
    }
    assert_eq!(plain.counts(), (0, 2), "nothing was said in plain");
}

#[tokio::test]
async fn both_versions_of_the_protocol_work() {
    let scene = Scene::new().await;
    let identity = scene.authority.signs(&parameters(&[NAMED], LATE));
    for version in rustls::ALL_VERSIONS {
        let config = server_config(&identity, None, &[version]);
        let proxy = Proxy::start(&scene.database, Some(config)).await;
        connect(&trusting(proxy.storage(NAMED, SslMode::VerifyFull), &scene.root)).await.unwrap();
        assert_eq!(proxy.counts(), (1, 0));
    }
}

#[tokio::test]
async fn require_takes_any_certificate_unless_an_authority_is_named() {
    let scene = Scene::new().await;
    let expired = scene.authority.signs(&parameters(&["elsewhere.example"], 2001));
    let proxy = Proxy::showing(&scene.database, &expired).await;
    connect(&proxy.storage(UNNAMED, SslMode::Require)).await.unwrap();
    let told = refusal(&trusting(proxy.storage(UNNAMED, SslMode::Require), &scene.root)).await;
    assert!(told.contains("expired"), "{told}");

    let foreign = Authority::new("another").signs(&parameters(&[NAMED], LATE));
    let proxy = Proxy::showing(&scene.database, &foreign).await;
    connect(&proxy.storage(NAMED, SslMode::Require)).await.unwrap();
    let told = refusal(&trusting(proxy.storage(NAMED, SslMode::Require), &scene.root)).await;
    assert!(told.contains("UnknownIssuer") && told.contains("storage.sslrootcert"), "{told}");
    assert_eq!(proxy.counts(), (1, 0));

    let proxy = scene.proxy().await;
    connect(&trusting(proxy.storage(UNNAMED, SslMode::Require), &scene.root)).await.unwrap();
}

#[tokio::test]
async fn verify_ca_wants_the_authority_and_verify_full_the_name_too() {
    let scene = Scene::new().await;
    let proxy = scene.proxy().await;
    for (mode, host) in
        [(SslMode::VerifyCa, NAMED), (SslMode::VerifyCa, UNNAMED), (SslMode::VerifyFull, NAMED)]
    {
        connect(&trusting(proxy.storage(host, mode), &scene.root)).await.unwrap();
    }
    let told = refusal(&trusting(proxy.storage(UNNAMED, SslMode::VerifyFull), &scene.root)).await;
    assert!(told.contains(UNNAMED) && told.contains("storage.host"), "{told}");

    let with_address = scene.authority.signs(&parameters(&[UNNAMED], LATE));
    let proxy = Proxy::showing(&scene.database, &with_address).await;
    connect(&trusting(proxy.storage(UNNAMED, SslMode::VerifyFull), &scene.root)).await.unwrap();
    refusal(&trusting(proxy.storage(NAMED, SslMode::VerifyFull), &scene.root)).await;
}

#[tokio::test]
async fn a_foreign_authority_is_refused_even_under_the_same_name() {
    let scene = Scene::new().await;
    for foreign in [Authority::new("another"), Authority::new("the authority")] {
        let proxy = Proxy::showing(&scene.database, &foreign.signs(&parameters(&[NAMED], LATE))).await;
        for mode in VERIFYING {
            let told = refusal(&trusting(proxy.storage(NAMED, mode), &scene.root)).await;
            assert!(told.contains("invalid peer certificate"), "{told}");
            // None of the authorities of this system signed it either.
            refusal(&proxy.storage(NAMED, mode)).await;
        }
        assert_eq!(proxy.counts(), (0, 0));
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused_where_anything_is_verified() {
    let scene = Scene::new().await;
    let expired = scene.authority.signs(&parameters(&[NAMED], 2001));
    let proxy = Proxy::showing(&scene.database, &expired).await;
    for mode in VERIFYING {
        let told = refusal(&trusting(proxy.storage(NAMED, mode), &scene.root)).await;
        assert!(told.contains("expired"), "{told}");
    }
}

#[tokio::test]
async fn a_server_may_be_trusted_by_a_certificate_of_its_own() {
    let scene = Scene::new().await;
    let own = Identity::of_its_own(parameters(&[NAMED], LATE));
    let root = scene.write("own.pem", &own.certificate_pem);
    let proxy = Proxy::showing(&scene.database, &own).await;
    connect(&trusting(proxy.storage(UNNAMED, SslMode::VerifyCa), &root)).await.unwrap();
    connect(&trusting(proxy.storage(NAMED, SslMode::VerifyFull), &root)).await.unwrap();
    let told = refusal(&trusting(proxy.storage(UNNAMED, SslMode::VerifyFull), &root)).await;
    assert!(told.contains("storage.host"), "{told}");

    let another = Identity::of_its_own(parameters(&[NAMED], LATE));
    let proxy = Proxy::showing(&scene.database, &another).await;
    let expired = Identity::of_its_own(parameters(&[NAMED], 2001));
    let expired_root = scene.write("expired.pem", &expired.certificate_pem);
    let expired_proxy = Proxy::showing(&scene.database, &expired).await;
    for mode in VERIFYING {
        refusal(&trusting(proxy.storage(NAMED, mode), &root)).await;
        let told = refusal(&trusting(expired_proxy.storage(NAMED, mode), &expired_root)).await;
        assert!(told.contains("expired"), "{told}");
    }
}

#[tokio::test]
async fn a_certificate_of_the_worker_is_shown_to_a_server_that_demands_one() {
    let scene = Scene::new().await;
    let proxy = scene.demanding_proxy().await;
    let client = scene.authority.signs(&parameters(&["worker"], LATE));
    let with_client = |client: &Identity| StorageConfig {
        sslcert: Some(scene.write("client.pem", &client.certificate_pem)),
        sslkey: Some(scene.write("client.key", &client.key_pem)),
        ..trusting(proxy.storage(NAMED, SslMode::VerifyFull), &scene.root)
    };
    connect(&with_client(&client)).await.unwrap();
    assert_eq!(proxy.counts(), (1, 0));

    let foreign = Authority::new("another").signs(&parameters(&["worker"], LATE));
    let without = trusting(proxy.storage(NAMED, SslMode::VerifyFull), &scene.root);
    for storage in [with_client(&foreign), without] {
        let told = refusal(&storage).await;
        assert!(told.contains("storage.sslcert and storage.sslkey"), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_its_key() {
    let scene = Scene::new().await;
    let proxy = scene.proxy().await;
    let client = scene.authority.signs(&parameters(&["worker"], LATE));
    let (certificate, key) =
        (scene.write("c.pem", &client.certificate_pem), scene.write("c.key", &client.key_pem));
    let other = scene.authority.signs(&parameters(&["worker"], LATE));
    let other_key = scene.write("other.key", &other.key_pem);
    let garbage = scene.write("garbage.pem", "nothing of the kind");
    let broken = scene.write("broken.pem", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n");
    let hollow = scene.write("hollow.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let missing = scene.folder.path().join("missing.pem");

    let with_client = |certificate: &Path, key: &Path| StorageConfig {
        sslcert: Some(certificate.to_owned()),
        sslkey: Some(key.to_owned()),
        ..proxy.storage(NAMED, SslMode::Require)
    };
    let rooted = |root: &Path| trusting(proxy.storage(NAMED, SslMode::VerifyFull), root);
    let cases = [
        (rooted(&missing), "storage.sslrootcert", &missing, "No such file"),
        (rooted(&garbage), "storage.sslrootcert", &garbage, "no certificate"),
        (rooted(&broken), "storage.sslrootcert", &broken, "base64"),
        (rooted(&hollow), "storage.sslrootcert", &hollow, "certificate"),
        (with_client(&missing, &key), "storage.sslcert", &missing, "No such file"),
        (with_client(&key, &key), "storage.sslcert", &key, "no certificate"),
        (with_client(&certificate, &missing), "storage.sslkey", &missing, "No such file"),
        (with_client(&certificate, &certificate), "storage.sslkey", &certificate, "no key"),
        (with_client(&certificate, &other_key), "storage.sslcert", &certificate, "storage.sslkey"),
    ];
    for (storage, key, path, reason) in cases {
        let told = refusal(&storage).await;
        let is_named = told.contains(&format!("{key}: {}: ", path.display()));
        assert!(is_named && told.contains(reason), "{told}");
    }
    assert_eq!(proxy.counts(), (0, 0));
}

#[tokio::test]
async fn the_parameters_of_a_uri_mean_what_the_keys_mean_and_win_over_them() {
    let scene = Scene::new().await;
    let proxy = scene.demanding_proxy().await;
    let client = scene.authority.signs(&parameters(&["worker"], LATE));
    let (certificate, key) =
        (scene.write("c.pem", &client.certificate_pem), scene.write("c.key", &client.key_pem));
    let storage = |host: &str, mode: &str| {
        let mut url = proxy.url(host);
        url.query_pairs_mut()
            .append_pair("sslmode", mode)
            .append_pair("sslrootcert", scene.root.to_str().unwrap())
            .append_pair("sslcert", certificate.to_str().unwrap())
            .append_pair("sslkey", key.to_str().unwrap());
        StorageConfig {
            uri: Some(ConnectionUri::new(url)),
            sslmode: SslMode::Disable,
            sslrootcert: Some("/nowhere/root.pem".into()),
            ..StorageConfig::default()
        }
    };
    connect(&storage(NAMED, "verify-full")).await.unwrap();
    connect(&storage(UNNAMED, "verify-ca")).await.unwrap();
    connect(&storage(UNNAMED, "require")).await.unwrap();
    assert_eq!(proxy.counts(), (3, 0));
    let told = refusal(&storage(UNNAMED, "verify-full")).await;
    assert!(told.contains(UNNAMED), "{told}");
    connect(&storage(UNNAMED, "disable")).await.unwrap();
    assert_eq!(proxy.counts(), (3, 1));
}
