//! Which addresses a request may go to.
//!
//! A link in a document must not make a worker ask its own network for
//! something on behalf of whoever wrote the document (server-side request
//! forgery). So names are resolved here, and only to addresses that are
//! allowed: the connection goes to the very address that was looked at,
//! whatever the name resolves to a moment later.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use thiserror::Error;

/// The rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    /// Whether addresses that only mean something within a network of one's own are allowed.
    pub(crate) allows_private: bool,
}

/// A request that the guard does not let out.
#[derive(Debug, Clone, Error)]
#[error("{host} is an address of a private network, which `allow_private_networks` does not allow")]
pub(crate) struct PrivateAddress {
    host: String,
}

impl Guard {
    /// Checks an address that stands in a URL as it is; names are checked as they are resolved.
    pub(crate) fn check(self, url: &Url) -> Result<(), PrivateAddress> {
        let address = match url.host() {
            Some(url::Host::Ipv4(address)) => IpAddr::V4(address),
            Some(url::Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        if self.allows(address) { Ok(()) } else { Err(PrivateAddress { host: address.to_string() }) }
    }

    fn allows(self, address: IpAddr) -> bool {
        self.allows_private || is_public(address)
    }
}

/// Resolves names by the system, and passes on what the guard allows.
#[derive(Debug)]
pub(crate) struct GuardedResolver(pub(crate) Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.iter().copied().filter(|address| guard.allows(address.ip())).collect();
            if allowed.is_empty() && !found.is_empty() {
                return Err(PrivateAddress { host: name.as_str().to_owned() }.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the internet, after the registries of special-purpose addresses (RFC 6890 and its
/// successors).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped().or_else(|| embedded_v4(address)) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(first == 0
        || first >= 240
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // shared by the customers of a provider
        || (first == 100 && (64..128).contains(&second))
        // protocol assignments, and 6to4 relays
        || (first == 192 && second == 0 && third == 0)
        || (first == 192 && second == 88 && third == 99)
        // benchmarks of network devices
        || (first == 198 && (18..20).contains(&second)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    // Global unicast addresses are 2000::/3.
    first & 0xe000 == 0x2000
        // documentation
        && !(first == 0x2001 && address.segments()[1] == 0xdb8)
        && first != 0x3fff
        // protocol assignments, with Teredo among them
        && !(first == 0x2001 && address.segments()[1] < 0x200)
}

/// The IPv4 address that an IPv6 address of a translation (NAT64) or of 6to4 leads to.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(of(high, low)),
        // IPv4-compatible, long out of use; :: and ::1 are no such addresses
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks_are_told_apart() {
        for private in [
            "127.0.0.1",
            "127.255.0.3",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "::",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::7f00:1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn addresses_in_every_notation_are_looked_at() {
        let guard = Guard { allows_private: false };
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]:80/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest/meta-data/",
        ] {
            assert!(guard.check(&Url::parse(url).unwrap()).is_err(), "{url}");
            assert!(Guard { allows_private: true }.check(&Url::parse(url).unwrap()).is_ok(), "{url}");
        }
        assert!(guard.check(&Url::parse("http://example.com/").unwrap()).is_ok());
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_refused() {
        let resolve = |guard| GuardedResolver(guard).resolve("localhost".parse().unwrap());
        let refused = resolve(Guard { allows_private: false }).await.err().unwrap();
        assert!(refused.to_string().contains("localhost"), "{refused}");
        assert!(resolve(Guard { allows_private: true }).await.unwrap().count() > 0);
    }
}
