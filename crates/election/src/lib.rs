//! Leadership as a lease with a fencing epoch.
