//! What people may ask for, what of it nobody has to be asked about, and who has to agree to the rest: rules by
//! environment, and the judgement of a wish by them. No store, no people that were not named, no clock.

mod document;
mod judge;
mod quantity;
mod readers;
mod seats;

#[cfg(test)]
mod tests;

pub use document::{
    Approver, Ask, Freeze, KindRule, Pattern, Policy, PolicyError, Quota, Range, Rules, TopicLimits, TopicRules,
    Values, WithoutAsking,
};
pub use judge::{Facts, Judgement, Outcome, TopicWish, Usage, Wish, judge};
pub use quantity::{NotAQuantity, Size, Span};
pub use readers::{MessageRules, Reader};
pub use seats::seated;
