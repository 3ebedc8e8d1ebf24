//! Every kind of bad input gives one clear message, and neither a panic nor a graph.
//!
//! Each test writes a small repository into a folder of its own, and shows the whole message about it; the folder is
//! called `$ROOT`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod bombs;
mod expressions;
mod families;
mod files;
mod graphs;
mod images;
mod kinds;
mod loaders;
mod mutations;
mod names;
mod optimized;
mod parameters;
mod schemas;
mod split;
mod support;
mod targets;
mod templates;
mod text;
mod verifications;
