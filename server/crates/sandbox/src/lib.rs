//! A real Kubernetes control plane and process nodes on one Linux machine, without containers.
//!
//! For trying and testing, not for production: etcd does not wait for the disk, and pods share the host's network.
//! Nothing of Kafka or of Klamm's own resources may enter here; the crate knows Kubernetes only.

pub mod control;
pub mod node;
pub mod process;

mod bootstrap;
mod certificates;
mod claim;
mod control_plane;
mod error;
mod kubeconfig;
mod lifetime;
mod nodes;
mod sandbox;
mod spawner;
mod state;
mod supervisor;

pub use claim::{Network, NotANetwork};
pub use control_plane::ControlPlaneBinaries;
pub use error::SandboxError;
pub use lifetime::Lifetime;
pub use nodes::{NodeSpec, NodeState, NodeStatus};
pub use sandbox::{NeededPort, Options, Sandbox, up};
pub use supervisor::{InheritEnv, ServiceSpec, ServiceState, ServiceStatus};
