//! The strategies that come with the program.

mod composite;
mod index_search;
mod skip_unless_changed;

use std::sync::Arc;

use taskgraph_kinds::Registry;
use taskgraph_value::{Str, Value};

pub use self::{
    composite::{Alias, All, Any, Not, Split},
    index_search::IndexSearch,
    skip_unless_changed::SkipUnlessChanged,
};
use crate::{
    StrategyError,
    strategy::{Answer, Asked, Given, Strategy},
};

/// Registers `never`, `always`, `index-search` and `skip-unless-changed`.
pub fn register(registry: &mut Registry) {
    registry.add::<dyn Strategy>("never", Arc::new(Never));
    registry.add::<dyn Strategy>("always", Arc::new(Always));
    registry.add::<dyn Strategy>("index-search", Arc::new(IndexSearch));
    registry.add::<dyn Strategy>("skip-unless-changed", Arc::new(SkipUnlessChanged));
}

/// Keeps every task: what tasks have that name no strategy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl Strategy for Never {}

/// Removes every task that nothing else needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

impl Strategy for Always {
    fn should_remove(&self, asked: &[Asked<'_>], _: &Given<'_>) -> Vec<Answer<bool>> {
        asked.iter().map(|_| true.into()).collect()
    }
}

/// The strings of an argument that must be a list of strings.
fn strings<'a>(argument: &'a Value, of: &str) -> Result<Vec<&'a Str>, StrategyError> {
    let strings = argument.as_list().and_then(|list| list.iter().map(Value::as_str).collect());
    strings.ok_or_else(|| {
        let found = taskgraph_schema::describe(argument);
        StrategyError::new(format!("expected a list of {of}, found {found}"))
    })
}
