//! Faults that operations survive, each on a real cluster under load: whatever dies, nobody loses an acknowledged record, no
//! partition falls below its least through an act of ours, and nothing of ours is left behind.
//!
//! They take minutes each, and some take services away that others need: `make soak` gives each a process of its own.

mod declared;
mod klamm;
mod nodes;
mod others;
mod small;
