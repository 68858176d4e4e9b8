//! What the mover is tried on: cases that people would recognise, and whatever comes along, against a checker of its own.

mod bound;
mod cases;
mod checker;
mod leading;
mod properties;
mod sample;
mod seen;
mod words;
