//! The action that makes the graph of a phase.

use taskgraph_action_tasks::{About, Action, AnyError, Call, Declaring, add_action};
use taskgraph_config::GraphConfig;
use taskgraph_kinds::Registry;
use taskgraph_value::{Value, text};

use crate::{Error, Flavors, Input, decide::decide, input};

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

    /// As in the reference, the flavor decides about what was not said, and not the default of the schema.
    fn fills_defaults(&self) -> bool {
        false
    }

    fn run(&self, call: &Call<'_>) -> Result<(), AnyError> {
        let flavors = Flavors::of(&call.config)?;
        if flavors.is_empty() {
            return Err(Error::NoFlavors { config: call.config.root().join("config.yml") }.into());
        }
        let input = Input::read(&call.input)?;
        let flavor = flavors.get(&input.flavor, call.config.root())?;
        Ok(decide(call, flavor, input)?)
    }
}
