//! Who asks, and may they? Everything that pages, server functions, the HTTP API and event streams do goes through
//! [`Portal`], and its methods authorise.
//!
//! Inside: one authorisation function ([`authorise`]), views made from the inventory, sign-in, tokens, people and teams,
//! the audit around every change. A change cannot be made without the [`Permit`] that the authorisation gave. Nothing of
//! HTTP may enter here, and no desired state: that lives in Kubernetes.

mod audited;
mod authorise;
mod clock;
mod edition;
mod live;
mod observations;
mod password;
mod people;
mod policies;
mod portal;
mod search;
mod sign_in;
mod throttle;
mod tokens;
mod topics;
mod views;

pub use authorise::{Action, Asker, Denial, Kind, Object, Permit, authorise};
pub use clock::Clock;
pub use edition::Edition;
pub use klamm_monitor::{Declarations, Declared, DeclaredTenant, ObservedCluster, RevisionMap};
pub use klamm_planner::tenancy::Tenant;
pub use observations::{NothingObserved, Observations};
pub use password::Password;
pub use people::NewUser;
pub use policies::Taken;
pub use portal::Portal;
pub use throttle::RETRY_AFTER_SECONDS;
pub use tokens::{IssuedToken, TokenRequest};
