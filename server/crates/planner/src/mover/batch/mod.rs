//! How a target is carried out: which partitions go next, how many at once, how much they may take of the network, and how long it
//! takes. Pure: whoever measures, asks brokers and remembers stands outside, and nothing is kept here from one look to the next.

mod next;
mod pace;
mod speed;
mod throttle;

#[cfg(test)]
mod tests;

pub use next::{Batch, Copying, Held, Limits, Waiting, next};
pub use pace::{Bounds, Judgement, Pace, Pacing, Signs, SlowerBecause, SteadyBecause, Used, adapt};
pub use speed::{Speed, seconds_left};
pub use throttle::{Throttle, ThrottledReplicas, TooSlow, replica_list, suggested_rate, throttle};
