//! Asks a server whether it takes connections, in PostgreSQL's own protocol: no client program is needed.

use super::address::Address;
use super::command::poll;
use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long one question may take.
const QUESTION_LIMIT: Duration = Duration::from_secs(2);

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 3 << 16;

/// The state of a server that is starting or stopping.
const CANNOT_CONNECT_NOW: &str = "57P03";

/// What a server says to one who knocks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It goes on with the login.
    Ready,
    /// It turns this client away, with this `SQLSTATE`: it is up, but wants another client.
    Refused(String),
    /// It is not up, or not yet.
    NotYet,
}

/// Waits until a server goes on with logins. `check` fails when waiting is in vain.
pub(super) fn wait_until_ready(
    address: &Address,
    limit: Duration,
    mut check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut last = Reply::NotYet;
    let answer = poll(limit, || {
        last = ask(address).unwrap_or(Reply::NotYet);
        if last == Reply::Ready { Some(Ok(())) } else { check().err().map(Err) }
    });
    match (answer, last) {
        (Some(answer), _) => answer,
        (None, Reply::Refused(state)) => bail!("the server on port {} refuses us ({state})", address.port),
        (None, _) => bail!("the server on port {} is not up after {} s", address.port, limit.as_secs()),
    }
}

/// Knocks once.
pub(super) fn ask(address: &Address) -> anyhow::Result<Reply> {
    let place = (address.host.as_str(), address.port).to_socket_addrs()?.next().context("unknown host")?;
    let mut stream = TcpStream::connect_timeout(&place, QUESTION_LIMIT)?;
    stream.set_read_timeout(Some(QUESTION_LIMIT))?;
    stream.set_write_timeout(Some(QUESTION_LIMIT))?;
    stream.write_all(&startup_message(&address.user, &address.database))?;
    // A message is a letter, its length without the letter, and the rest. All of it is read: a connection
    // closed before that is reset, which the server would log.
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let mut rest = Vec::new();
    stream.take(u64::from(u32::from_be_bytes(length).saturating_sub(4))).read_to_end(&mut rest)?;
    Ok(understand(kind, &rest))
}

/// The first message of a client.
fn startup_message(user: &str, database: &str) -> Vec<u8> {
    let parameters = format!("user\0{user}\0database\0{database}\0\0");
    let length = u32::try_from(parameters.len() + 8).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), &PROTOCOL.to_be_bytes(), parameters.as_bytes()].concat()
}

fn understand(kind: u8, rest: &[u8]) -> Reply {
    match kind {
        b'R' => Reply::Ready,
        b'E' => match sql_state(rest) {
            Some(state) if state != CANNOT_CONNECT_NOW => Reply::Refused(state),
            _ => Reply::NotYet,
        },
        _ => Reply::NotYet,
    }
}

/// The field `C` of an error, whose fields are a letter and a text that ends with a zero.
fn sql_state(rest: &[u8]) -> Option<String> {
    let mut fields = rest.split(|byte| *byte == 0);
    let state = fields.find_map(|field| field.strip_prefix(b"C"))?;
    Some(String::from_utf8_lossy(state).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_understood() {
        let starting = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
        let refused = b"SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry\0\0";
        assert_eq!(understand(b'R', b""), Reply::Ready);
        assert_eq!(understand(b'E', starting), Reply::NotYet);
        assert_eq!(understand(b'E', refused), Reply::Refused("28000".to_owned()));
        assert_eq!(understand(b'E', b""), Reply::NotYet);
        assert_eq!(understand(b'H', b""), Reply::NotYet);
    }

    #[test]
    fn the_startup_message_has_its_length_in_front() {
        let message = startup_message("a", "b");
        assert_eq!(message.len(), usize::from(message[3]));
        assert!(message.ends_with(b"user\0a\0database\0b\0\0"));
    }
}
