//! What an error means for whoever runs a worker.

use gdg_model::ErrorClass;
use rustls::{AlertDescription, CertificateError};
use std::error::Error as _;
use std::io;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// What is worth doing about an error, whether it came from the server or before it got so far.
pub(crate) fn class_of(error: &Error) -> ErrorClass {
    match error.code() {
        Some(code) => class_of_code(code),
        // The connection failed: the server may come back.
        None => Trouble::of(error).map_or(ErrorClass::Transient, Trouble::class),
    }
}

/// What to do about it, where that is known.
pub(crate) fn advice(error: &Error) -> Option<&'static str> {
    match error.code() {
        Some(code) => advice_on_code(code),
        None => Trouble::of(error).map(Trouble::advice),
    }
}

/// Whether a value is not one that the server takes (data exceptions, values beyond its limits), or could not even be sent.
pub(crate) fn is_about_the_data(error: &Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("22") || code.code().starts_with("54"),
        None => Trouble::of(error) == Some(Trouble::Value),
    }
}

/// What went wrong without an answer of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Unreachable,
    Configuration,
    NoPassword,
    Authentication,
    NoEncryption,
    UnknownAuthority,
    OtherName,
    OtherTime,
    OwnCertificate,
    Value,
}

impl Trouble {
    fn of(error: &Error) -> Option<Self> {
        if let Some(rustls_error) = rustls_error(error) {
            return Self::of_encryption(rustls_error);
        }
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        // The library tells what kind of error it is in words alone.
        let trouble = match (error.to_string().as_str(), cause.as_str()) {
            ("error connecting to server", _) => Self::Unreachable,
            ("invalid configuration", "password missing") => Self::NoPassword,
            ("invalid configuration", _) => Self::Configuration,
            ("authentication error", _) => Self::Authentication,
            ("error performing TLS handshake", "server does not support TLS") => Self::NoEncryption,
            (text, _) if text.starts_with("error serializing parameter") => Self::Value,
            _ => return None,
        };
        Some(trouble)
    }

    fn of_encryption(error: &rustls::Error) -> Option<Self> {
        use AlertDescription as Alert;
        let trouble = match error {
            rustls::Error::InvalidCertificate(detail) => match detail {
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Self::OtherName
                }
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::OtherTime,
                _ => Self::UnknownAuthority,
            },
            rustls::Error::AlertReceived(
                Alert::NoCertificate
                | Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::CertificateRequired,
            ) => Self::OwnCertificate,
            _ => return None,
        };
        Some(trouble)
    }

    fn class(self) -> ErrorClass {
        match self {
            Self::Unreachable => ErrorClass::Transient,
            Self::Configuration
            | Self::NoPassword
            | Self::Authentication
            | Self::NoEncryption
            | Self::UnknownAuthority
            | Self::OtherName
            | Self::OtherTime
            | Self::OwnCertificate
            | Self::Value => ErrorClass::Permanent,
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check that it runs, and storage.host and storage.port, or what storage.uri says of them"
            }
            Self::Configuration => "check storage.uri",
            Self::Authentication => "check the server's pg_hba.conf, and channel_binding in storage.uri",
            Self::NoPassword => {
                "the server asks for a password: give storage.password, password_env or password_file"
            }
            Self::NoEncryption => "switch `ssl` on at the server, or set storage.sslmode to `prefer`",
            Self::UnknownAuthority => {
                "the file of storage.sslrootcert has to have the certificate of the authority that signed the server's"
            }
            Self::OtherName => {
                "the server's certificate names other hosts than storage.host: use one of them, or set storage.sslmode to `verify-ca`"
            }
            Self::OtherTime => "the server needs a new certificate, or a clock is wrong",
            Self::OwnCertificate => {
                "the server wants a certificate that it trusts: check storage.sslcert and storage.sslkey"
            }
            Self::Value => "a value cannot be sent",
        }
    }
}

/// The error of the encryption that is wrapped in this one.
fn rustls_error(error: &Error) -> Option<&rustls::Error> {
    let io_error = error.source()?.downcast_ref::<io::Error>()?;
    io_error.get_ref()?.downcast_ref()
}

/// The classes of codes that a person has to do something about. Others pass:
/// resources (53), an administrator's intervention (57), deadlocks and
/// serialisation (40), connections (08), a standby that is read-only (25).
fn class_of_code(code: &SqlState) -> ErrorClass {
    let permanent = ["0A", "22", "23", "26", "28", "3D", "3F", "42", "54"];
    if permanent.iter().any(|class| code.code().starts_with(class)) {
        ErrorClass::Permanent
    } else {
        ErrorClass::Transient
    }
}

fn advice_on_code(code: &SqlState) -> Option<&'static str> {
    let advice = match code {
        code if *code == SqlState::INVALID_PASSWORD => {
            "check storage.user, and storage.password, password_env or password_file"
        }
        code if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "check storage.user, storage.sslmode, storage.sslcert and the server's pg_hba.conf"
        }
        code if *code == SqlState::INVALID_CATALOG_NAME => {
            "create the database (CREATE DATABASE), then run `worker migrate`"
        }
        code if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN => {
            "the schema is missing or old: run `worker migrate`"
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            "the role lacks a privilege: docs/src/database.md lists what a worker's role and a migration's role need"
        }
        code if *code == SqlState::TOO_MANY_CONNECTIONS => {
            "no connection is left: lower storage.worker_connections, put PgBouncer in between, or raise the limit (of the server, the database or the role)"
        }
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            "the server is read-only: a standby (storage.host must lead to the primary), or default_transaction_read_only"
        }
        code if *code == SqlState::IN_FAILED_SQL_TRANSACTION => {
            "a statement before this one failed, and the whole transaction is rolled back"
        }
        code if *code == SqlState::DISK_FULL => "the server's disk is full: make room",
        code if *code == SqlState::QUERY_CANCELED => {
            "the statement took longer than storage.statement_timeout, or was cancelled"
        }
        code if *code == SqlState::INVALID_SQL_STATEMENT_NAME || *code == SqlState::DUPLICATE_PSTATEMENT => {
            "a proxy in between keeps no prepared statements: set storage.prepared_statements to false"
        }
        code if *code == SqlState::CANNOT_CONNECT_NOW => "it is starting or stopping",
        _ => return None,
    };
    Some(advice)
}
