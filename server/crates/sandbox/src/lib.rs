//! A real Kubernetes control plane and process nodes on one Linux machine, without containers.
//!
//! For trying and testing, not for production: etcd does not wait for the disk, and pods share the host's network.
//! Nothing of Kafka or of Klamm's own resources may enter here; the crate knows Kubernetes only.

pub mod node;
pub mod process;
