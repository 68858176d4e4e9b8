//! Operations on a real cluster of three, under load, before the eyes of the watcher.
//!
//! What all of them stand on is in [`stage`]; each ends with [`crate::three::Three::sound`], or says why not.

mod chaos;
mod cordon;
mod factor;
mod faults;
mod full;
mod reconfigure;
mod restart;
mod scale;
mod stage;
mod upgrade;
mod versions;

use stage::{A_ROLL, NOTICED, reasons};
