//! Leadership as a lease with a fencing epoch.

mod lease;
mod notice;
mod store;

pub use lease::{Epoch, InvalidLeaseName, LeaseName, LeaseTerms};
pub use notice::{CHANNEL, LeaseEvent, LeaseNotice};
pub use store::{Campaign, LeaseStore, fence};
