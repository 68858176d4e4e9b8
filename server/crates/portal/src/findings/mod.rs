//! What is wrong with clusters, as the monitor finds it: told to everybody who may look, acknowledged by operators ([`acknowledge`]),
//! counted for machines, and told to webhooks as it comes and goes ([`tell`]).

mod acknowledge;
mod list;
mod tell;

pub use acknowledge::FindingWish;
pub use list::FindingCount;
pub(crate) use tell::{News, Teller, Told};

#[cfg(test)]
mod tests;
