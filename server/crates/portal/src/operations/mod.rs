//! Operations: changes of a whole cluster, read from the objects that the operator writes, planned before anybody asks, and
//! steered by what it reads.
//!
//! Here an object becomes what people read ([`view`], [`safety`]), with who asked for it ([`asked`]); a wish ([`wish`]) and the
//! inventory ([`scene`]) become a plan ([`plan`]), with what brokers would have then ([`placement`]); an operation is paused, taken up again and cancelled ([`steer`]). Nothing is
//! decided here that the planner decides, and no step is taken here.

mod asked;
mod choices;
mod list;
mod pace;
mod placement;
mod plan;
mod safety;
mod scene;
mod steer;
pub(crate) mod view;
mod wish;

pub use choices::{NodeUse, OperationChoices, OperationMark};
pub(crate) use plan::PLANS_AT_ONCE;
pub(crate) use safety::caught_up;
pub use steer::Steer;
pub(crate) use wish::{Change, Wanted, Written};

#[cfg(test)]
mod tests;
