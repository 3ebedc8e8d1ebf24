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
        // As in the reference, the flavor decides about what was not said, and not the default that was filled in.
        let is_said = was_given(call, "rebuild_kinds").unwrap_or_else(|| {
            let is_default = input.rebuild_kinds.as_deref() == Some(flavors.rebuild_kinds());
            !is_default || !flavor.values.contains_key("rebuild-kinds")
        });
        if !is_said {
            input.rebuild_kinds = None;
        }
        Ok(decide(call, flavor, input)?)
    }
}

/// Whether the input that the action task was created with has a key, before defaults were filled in; nothing if its
/// environment does not say.
fn was_given(call: &Call<'_>, key: &str) -> Option<bool> {
    if call.environment.get("ACTION_CALLBACK") != Some(ACTION) {
        return None;
    }
    let given: Value = serde_json::from_str(call.environment.get("ACTION_INPUT")?).ok()?;
    Some(given.at(key).is_some())
}
