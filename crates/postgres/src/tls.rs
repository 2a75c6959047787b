//! Encrypted connections: what is verified, and against what. The modes mean
//! what they mean in libpq (<https://www.postgresql.org/docs/current/libpq-ssl.html>).

use crate::PostgresError;
use gdg_config::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a connection is encrypted.
#[derive(Debug, Clone)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) root_certificates: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verification {
    Nothing,
    Authority,
    AuthorityAndName,
}

impl TlsSettings {
    fn verification(&self) -> Verification {
        match self.mode {
            SslMode::VerifyFull => Verification::AuthorityAndName,
            SslMode::VerifyCa => Verification::Authority,
            // As libpq does: who names an authority wants it to be asked.
            SslMode::Require if self.root_certificates.is_some() => Verification::Authority,
            SslMode::Require | SslMode::Prefer | SslMode::Disable => Verification::Nothing,
        }
    }

    /// Makes encrypted connections as these settings say.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect, PostgresError> {
        let provider = Arc::new(ring::default_provider());
        let trusted = self.trusted()?;
        let verifier = Verifier {
            verification: self.verification(),
            authorities: self.authorities(&trusted, &provider)?,
            trusted,
            provider: Arc::clone(&provider),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| PostgresError::Configuration(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(read_certificates("storage.sslcert", certificate)?, read_key(key)?)
                .map_err(|error| {
                    let detail = format!("it cannot be used with storage.sslkey: {error}");
                    unusable("storage.sslcert", certificate, &detail)
                })?,
            _ => builder.with_no_client_auth(),
        };
        Ok(MakeRustlsConnect::new(config))
    }

    /// The certificates that the configuration names as trusted, where any are asked.
    fn trusted(&self) -> Result<Vec<CertificateDer<'static>>, PostgresError> {
        match &self.root_certificates {
            Some(path) if self.verification() != Verification::Nothing => {
                read_certificates("storage.sslrootcert", path)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Verifies against the authorities that are trusted, where any are asked.
    fn authorities(
        &self,
        trusted: &[CertificateDer<'static>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<WebPkiServerVerifier>>, PostgresError> {
        if self.verification() == Verification::Nothing {
            return Ok(None);
        }
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.root_certificates {
            for certificate in trusted {
                roots
                    .add(certificate.clone())
                    .map_err(|error| unusable("storage.sslrootcert", path, &error))?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if roots.is_empty() {
            let message = format!(
                "storage.sslmode is `{}` and no authority is trusted: name a file of certificates in storage.sslrootcert",
                if self.mode == SslMode::VerifyFull { "verify-full" } else { "verify-ca" }
            );
            return Err(PostgresError::Configuration(message));
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map(Some)
            .map_err(|error| PostgresError::Configuration(error.to_string()))
    }
}

fn read_certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, PostgresError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(key, path, &error))?;
    if certificates.is_empty() {
        return Err(unusable(key, path, &"there is no certificate (PEM) in it"));
    }
    Ok(certificates)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, PostgresError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            unusable("storage.sslkey", path, &"there is no key (PEM, without a passphrase) in it")
        }
        error => unusable("storage.sslkey", path, &error),
    })
}

fn unusable(key: &'static str, path: &Path, detail: &impl ToString) -> PostgresError {
    PostgresError::Certificate { key, path: path.to_owned(), detail: detail.to_string() }
}

/// Verifies as much of a server's certificate as the mode asks for; signatures of the handshake always.
#[derive(Debug)]
struct Verifier {
    verification: Verification,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Whether nothing speaks against a certificate but that it is an authority's, and it is one of those that are
    /// trusted: the manual of `PostgreSQL` makes such a certificate for a server that has no other. (That the time is
    /// right was verified before that.)
    fn is_trusted_itself(&self, certificate: &CertificateDer<'_>, error: &Error) -> bool {
        let Error::InvalidCertificate(CertificateError::Other(reason)) = error else { return false };
        reason.to_string() == "CaUsedAsEndEntity" && self.trusted.contains(certificate)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified =
            authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last: everything else holds.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.verification == Verification::Authority => Ok(ServerCertVerified::assertion()),
            Err(error) if self.is_trusted_itself(end_entity, &error) => {
                if self.verification == Verification::AuthorityAndName {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
