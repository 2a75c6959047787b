//! Where a server is and how one logs in.

use anyhow::Context;
use std::net::{Ipv4Addr, TcpListener};

/// Below the ports that Linux gives to outgoing connections (from 32768), so that nothing takes the port
/// while the server behind it is down.
const PORTS: std::ops::Range<u16> = 20_000..30_000;

/// How many ports are tried before none is taken to be free.
const PORT_ATTEMPTS: usize = 100;

/// The parts of a URL of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) database: String,
}

impl Address {
    /// The superuser of a server on a free port of this machine, with a fresh password.
    pub(super) fn on_this_machine() -> anyhow::Result<Self> {
        Ok(Self {
            host: "127.0.0.1".to_owned(),
            port: free_port()?,
            user: "postgres".to_owned(),
            password: format!("{:032x}", rand::random::<u128>()),
            database: "postgres".to_owned(),
        })
    }

    /// Reads `postgresql://user:password@host:port/database?…`.
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        Self::parts(url).context(
            "the URL of the server is not of the form postgresql://user:password@host:port/database \
             without % escapes",
        )
    }

    fn parts(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("postgresql://").or_else(|| url.strip_prefix("postgres://"))?;
        let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
        let (login, place) = rest.rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = split_port(authority)?;
        let unusable = |text: &str| text.contains(['%', ',']);
        if user.is_empty() || host.is_empty() || [user, password, host, database].into_iter().any(unusable) {
            return None;
        }
        let database = if database.is_empty() { user } else { database };
        Some(Self {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            password: password.to_owned(),
            database: database.to_owned(),
        })
    }

    /// The URL of this address.
    pub(super) fn url(&self) -> String {
        let Self { host, port, user, password, database } = self;
        format!("postgresql://{user}:{password}@{host}:{port}/{database}")
    }
}

/// Splits `host:port`, `host`, `[::1]:port`, `[::1]`.
fn split_port(authority: &str) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    Some((host, port.map_or(Some(5432), |port| port.parse().ok())?))
}

/// A port of the loopback interface that nobody listens on.
pub(super) fn free_port() -> anyhow::Result<u16> {
    (0..PORT_ATTEMPTS)
        .map(|_| rand::random_range(PORTS))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .with_context(|| format!("no free port among {} to {}", PORTS.start, PORTS.end - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16, user: &str, password: &str, database: &str) -> Address {
        Address {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            password: password.to_owned(),
            database: database.to_owned(),
        }
    }

    #[test]
    fn urls_are_taken_apart() {
        for (url, expected) in [
            ("postgresql://a:b@db:6432/c?sslmode=require", address("db", 6432, "a", "b", "c")),
            ("postgres://a:b@db", address("db", 5432, "a", "b", "a")),
            ("postgresql://a:p@ss:word@db/c", address("db", 5432, "a", "p@ss:word", "c")),
            ("postgresql://a@[::1]:7000/c", address("::1", 7000, "a", "", "c")),
            ("postgresql://a@[::1]", address("::1", 5432, "a", "", "a")),
        ] {
            assert_eq!(Address::parse(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn urls_that_are_not_understood_are_refused() {
        for url in [
            "mysql://a:b@db",
            "postgresql:///c?host=/run",
            "postgresql://a:b%21@db/c",
            "postgresql://a:b@db:x",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_url_made_is_read_back() {
        let made = Address::on_this_machine().unwrap();
        assert_eq!(Address::parse(&made.url()).unwrap(), made);
    }
}
