//! An upstream as something that can be asked: where it is, what is sent, how its list is read.
//!
//! Decides: URLs, headers, the form of a listing.
//! Must not know: what an answer means (that is `probe::classify`), when to ask, or any gateway's database.

mod endpoints;
mod listing;
pub mod protocol;
mod target;

pub use endpoints::Endpoints;
pub use listing::{Listing, NAMES_AT_MOST, Page, next_page, read_page};
pub use target::Target;
