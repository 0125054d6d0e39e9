//! An upstream as something that can be asked: where it is, what is sent, how its list is read.
//!
//! Decides: URLs, headers, deadlines, body caps, the form of a listing.
//! Must not know: what an answer means (that is `probe::classify`), when to ask, or any gateway's database.

mod dns;
mod endpoints;
mod http;
mod listing;
pub mod protocol;
mod redact;
mod target;

pub use endpoints::Endpoints;
pub use http::{Http, Reply, Seen, Transport, TransportKind, Watch, Way};
pub use listing::{Listing, NAMES_AT_MOST, Page, next_page, read_page};
pub use redact::redact;
pub use target::Target;
