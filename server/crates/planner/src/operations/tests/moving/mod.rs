//! Replicas move, and nodes come and go, in the model world: killed between any two acts, and with every fault at every step.

mod acts;
mod cancels;
mod ends;
mod errands;
mod faults;
mod fleet;
mod judge;
mod lives;
mod observe;
mod own;
mod properties;
