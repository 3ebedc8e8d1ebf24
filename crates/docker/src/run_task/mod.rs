//! The scripts that run inside tasks: what they are, where they are found, and getting them.

pub(crate) mod files;
pub(crate) mod install;
pub(crate) mod locate;
pub(crate) mod releases;
