//! Actions as programs register them.

use std::sync::Arc;

use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_kinds::{Extension, Registry};
use taskgraph_value::{List, Str, Value, text};

use crate::{AnyError, call::Call};

/// Something that people can do to a task or to the graph of a push.
///
/// What it applies to, and the input that it takes, may follow from parameters and configuration: they are asked for when
/// a decision task declares it, and again when an action task runs it.
pub trait Action: Send + Sync {
    /// What it is called, and who may trigger it.
    fn about(&self) -> About;

    /// The tasks that it applies to: a list of sets of tags, one of which a task must have all of. Without any, which is
    /// the default, it is for the whole group, and not for a task.
    fn context(&self, _declaring: &Declaring<'_>) -> Result<List, AnyError> {
        Ok(List::new())
    }

    /// Whether it is offered at all; by default, always.
    fn is_available(&self, _declaring: &Declaring<'_>) -> Result<bool, AnyError> {
        Ok(true)
    }

    /// The JSON schema of its input. Without one, which is the default, its input is null.
    fn schema(&self, _config: &GraphConfig) -> Result<Option<Value>, AnyError> {
        Ok(None)
    }

    /// Whether the input gets the defaults of its schema before [`Action::run`]; by default, it does. It is compared with
    /// the schema in any case, as if it had them.
    fn fills_defaults(&self) -> bool {
        true
    }

    /// The callback. Scopes and input were checked, and the input has the defaults that its schema gives, unless
    /// [`Action::fills_defaults`] says otherwise.
    fn run(&self, call: &Call<'_>) -> Result<(), AnyError>;
}

impl Extension for dyn Action {
    const WHAT: &'static str = "action";
}

/// What an action is called, and who may trigger it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// By which user interfaces know it; several actions may have one name, of which the first that applies counts.
    pub name: Str,
    /// What a menu shows.
    pub title: Str,
    /// What the task that runs it is called in Treeherder: 1 to 25 characters, or a JSON-e template.
    pub symbol: Str,
    /// What it does, as markdown.
    pub description: Str,
    /// Its place in menus: lower comes first.
    pub order: i64,
    /// The permission that it needs, which is a part of the names of hooks and roles; `generic` for what anybody may do
    /// who may trigger actions. It has no slash.
    pub permission: Str,
}

impl About {
    /// An action that needs no special permission, at the end of menus.
    pub fn new(
        name: impl Into<Str>,
        title: impl Into<Str>,
        symbol: impl Into<Str>,
        description: impl Into<Str>,
    ) -> About {
        About {
            name: name.into(),
            title: title.into(),
            symbol: symbol.into(),
            description: description.into(),
            order: 10_000,
            permission: text!("generic"),
        }
    }
}

/// For what an action is declared.
#[derive(Clone, Copy, Debug)]
pub struct Declaring<'a> {
    /// The parameters of the push.
    pub parameters: &'a Parameters,
    /// The configuration of its graph.
    pub config: &'a GraphConfig,
}

/// How many actions were registered before that of the same name; those that come with the program come last.
struct Place(bool, usize);

impl Extension for Place {
    const WHAT: &'static str = "place of an action";
}

/// Registers an action by the name of its callback; one of that name that is registered already is replaced.
///
/// Actions of the same order are declared in the order in which they were registered, before those that come with the
/// program.
pub fn add_action(registry: &mut Registry, callback: &str, action: impl Action + 'static) {
    add(registry, callback, action, false);
}

pub(crate) fn add(registry: &mut Registry, callback: &str, action: impl Action + 'static, built_in: bool) {
    let known = registry.names::<Place>();
    let place = match known.iter().any(|other| other == callback) {
        true => registry.get::<Place>(callback).map_or(known.len(), |place| place.1),
        false => known.len(),
    };
    registry.add(callback, Arc::new(Place(built_in, place)));
    registry.add::<dyn Action>(callback, Arc::new(action));
}

/// An action that is registered, and the name of its callback.
pub(crate) struct Registered {
    pub(crate) callback: Str,
    pub(crate) action: Arc<dyn Action>,
}

/// All registered actions, in the order of menus.
pub(crate) fn all(registry: &Registry) -> Vec<Registered> {
    let mut all = Vec::new();
    for callback in registry.names::<dyn Action>() {
        if let Ok(action) = registry.get::<dyn Action>(&callback) {
            let place = registry.get::<Place>(&callback);
            let place = place.map_or((false, usize::MAX), |place| (place.0, place.1));
            all.push((action.about().order, place, Registered { callback, action }));
        }
    }
    all.sort_by_key(|(order, place, _)| (*order, *place));
    all.into_iter().map(|(_, _, registered)| registered).collect()
}
