//! The action that makes the graph of a phase.

use taskgraph_action_tasks::{About, Action, AnyError, Call, Declaring, add_action};
use taskgraph_config::GraphConfig;
use taskgraph_kinds::Registry;
use taskgraph_value::{Value, text};

use crate::{Flavors, Input, decide::decide, input};

/// The name of the action, and of its callback.
pub const ACTION: &str = "release-promotion";

pub(crate) fn register(registry: &mut Registry) {
    add_action(registry, ACTION, ReleasePromotion);
}

struct ReleasePromotion;

impl Action for ReleasePromotion {
    fn about(&self) -> About {
        let symbol = "${input.release_promotion_flavor}";
        let about = About::new(ACTION, "Release Promotion", symbol, "Run a release promotion graph.");
        About { order: 500, permission: text!("release-promotion"), ..about }
    }

    fn is_available(&self, declaring: &Declaring<'_>) -> Result<bool, AnyError> {
        Ok(!Flavors::of(declaring.config)?.is_empty())
    }

    fn schema(&self, config: &GraphConfig) -> Result<Option<Value>, AnyError> {
        Ok(Some(input::schema(&Flavors::of(config)?)))
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let flavors = Flavors::of(&call.config)?;
        let mut input = Input::read(&call.input)?;
        let flavor = flavors.get(&input.flavor, call.config.root())?;
        // The schema's default is filled in before anybody could see whether the input had it; what the flavor says is
        // closer to what is meant.
        let filled_in = input.rebuild_kinds.as_deref() == Some(flavors.rebuild_kinds());
        if filled_in && flavor.values.contains_key("rebuild-kinds") {
            input.rebuild_kinds = None;
        }
        Ok(decide(call, flavor, input)?)
    }
}
