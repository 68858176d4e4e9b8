//! Chaos from a seed: what breaks, in which order and for how long, as plain values, and somebody who breaks it; and what people
//! ask for meanwhile.
//!
//! Every fault is announced to the watcher before it is made, and one is over before the next begins: it is Klamm that may be
//! in the middle of something.

mod run;
mod schedule;
mod wishes;

pub use run::{Chaos, Happened};
pub use schedule::{Ground, Mischief, Turn, schedule};
pub use wishes::{Wish, wishes};
