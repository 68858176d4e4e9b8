//! Messages, for whom the rules name; and the reading of logs, held against a reading by hand.

mod looks;
mod scans;
