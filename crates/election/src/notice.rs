//! What candidates tell one another.

use crate::{Epoch, LeaseName};

/// The channel of the notices.
///
/// The payload of a notification is `<name>\t<event>\t<holder>\t<epoch>`:
/// the lease, one of `acquired`, `renewed` and `resigned`, who did it and under
/// which epoch. A name has no tab. Of a holder there are at most the first
/// 1,000 characters.
pub const CHANNEL: &str = "lease";

/// What happened to a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEvent {
    /// Another term began.
    Acquired,
    /// The leader renewed its lease, which lives for another TTL from now on.
    Renewed,
    /// The leader gave its lease back: anyone may have it.
    Resigned,
}

/// A notice: something happened to a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseNotice {
    /// The lease.
    pub name: LeaseName,
    /// What happened to it.
    pub event: LeaseEvent,
    /// Who did it.
    pub holder: String,
    /// Under which epoch.
    pub epoch: Epoch,
}

impl LeaseNotice {
    /// Reads the payload of a notification on [`CHANNEL`]; `None` if it is none of ours.
    pub fn parse(payload: &str) -> Option<Self> {
        let (name, rest) = payload.split_once('\t')?;
        let (event, rest) = rest.split_once('\t')?;
        // A holder may have tabs.
        let (holder, epoch) = rest.rsplit_once('\t')?;
        let event = match event {
            "acquired" => LeaseEvent::Acquired,
            "renewed" => LeaseEvent::Renewed,
            "resigned" => LeaseEvent::Resigned,
            _ => return None,
        };
        let (name, epoch) = (LeaseName::new(name).ok()?, Epoch(epoch.parse().ok()?));
        Some(Self { name, event, holder: holder.to_owned(), epoch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_whatever_the_holder_is_called() {
        for holder in ["worker-1", "", "two\ttabs\there"] {
            let notice = LeaseNotice::parse(&format!("leader\tresigned\t{holder}\t12")).unwrap();
            let expected = LeaseNotice {
                name: LeaseName::new("leader").unwrap(),
                event: LeaseEvent::Resigned,
                holder: holder.to_owned(),
                epoch: Epoch(12),
            };
            assert_eq!(notice, expected);
        }
    }

    #[test]
    fn what_somebody_else_sent_is_no_notice() {
        for payload in ["", "leader", "leader\tresigned", "leader\tresigned\t12", "leader\tdied\tme\t1"] {
            assert_eq!(LeaseNotice::parse(payload), None, "{payload:?}");
        }
        assert_eq!(LeaseNotice::parse("leader\tacquired\tme\tone"), None);
        assert_eq!(LeaseNotice::parse("\tacquired\tme\t1"), None);
    }
}
