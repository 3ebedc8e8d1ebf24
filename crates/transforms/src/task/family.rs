//! Families of task descriptions.

use taskgraph_kinds::{Error, Family, KindContext};
use taskgraph_value::{
    Difference, Map, Place,
    Step::{At, Key},
    Str, Value, text,
};

use super::build::{Run, SET_ATTRIBUTES};
use super::payload::PayloadBuilder;
use super::treeherder::checked_symbol;
use crate::{
    family::{Before, Kinship, are_own_texts, are_texts, is_passed_on},
    worker_types::implementation,
};

/// Task descriptions that differ in label, description, attributes, Treeherder symbol, command and environment.
pub(super) struct TaskKinship;

impl Kinship for TaskKinship {
    fn follows(&self, kind: &KindContext<'_>, Family { first, differences, .. }: &Family) -> bool {
        let follows = |difference: &Difference| match difference.place.steps()[..] {
            [Key("label" | "description")] => are_texts(first, difference),
            [Key("treeherder"), Key("symbol")] => are_of_one_group(first, difference),
            // The first word may be one that payload builders know.
            [Key("worker"), Key("command"), At(1..)] => are_texts(first, difference),
            [Key("worker"), Key("env"), _] => are_own_texts(first, difference),
            [Key("attributes"), Key(name), ..] => !SET_ATTRIBUTES.contains(&name),
            _ => false,
        };
        differences.iter().all(follows) && is_known(kind, first)
    }

    fn derive(
        &self,
        kind: &KindContext<'_>,
        made: &Map,
        differences: Vec<Before>,
    ) -> Result<Vec<Difference>, Error> {
        let run = Run::of(kind).map_err(Error::new)?;
        let task = |steps: [Str; 2]| Place::new([text!("task")].into_iter().chain(steps));
        let shown = task([text!("extra"), text!("treeherder")]);
        let is_shown = shown.find(made).is_some_and(Value::is_truthy);
        let mut derived = Vec::with_capacity(differences.len() + 3);
        let mut add = |place, values| derived.push(Difference { place, values });
        for Before { difference: Difference { place, values }, first } in differences {
            match place.steps()[..] {
                [Key("label")] => {
                    add(task([text!("metadata"), text!("name")]), values.clone());
                    add(task([text!("tags"), text!("label")]), values.clone());
                    add(place, values);
                }
                [Key("description")] => {
                    let described = values.iter().filter_map(Value::as_str);
                    let described = described.map(|text| run.description(text, is_shown).into());
                    add(task([text!("metadata"), text!("description")]), described.collect());
                    add(place, values);
                }
                [Key("treeherder"), Key("symbol")] => {
                    let symbols = values.iter().filter_map(|symbol| Some(group_and_symbol(symbol)?.1.into()));
                    add(shown.then(text!("symbol")), symbols.collect());
                }
                [Key("worker"), Key("command"), _] => add(in_payload(text!("command"), &place), values),
                [Key("worker"), Key("env"), _] => {
                    let to = in_payload(text!("env"), &place);
                    if is_passed_on(&first, made, &to) {
                        add(to, values);
                    }
                }
                _ => add(place, values),
            }
        }
        Ok(derived)
    }
}

/// Where the payload has what is at a place in a list or mapping of the worker.
fn in_payload(key: Str, place: &Place) -> Place {
    let within = Place::new([text!("task"), text!("payload"), key]);
    place.last().map_or(within.clone(), |last| within.and(last.clone()))
}

fn group_and_symbol(symbol: &Value) -> Option<(Option<&str>, &str)> {
    checked_symbol(symbol.as_str()?).ok()
}

/// Whether all symbols are as they should be, and of one group.
fn are_of_one_group(first: &Map, Difference { place, values }: &Difference) -> bool {
    let Some((group, _)) = place.find(first).and_then(group_and_symbol) else { return false };
    values.iter().all(|symbol| group_and_symbol(symbol).is_some_and(|(other, _)| other == group))
}

/// Whether what builds the payload is known to pass on in what the tasks of a family differ.
fn is_known(kind: &KindContext<'_>, first: &Map) -> bool {
    let worker = first.get_map("worker");
    let name = match worker.and_then(|worker| worker.get_str("implementation")) {
        Some(name) => Some(name.clone()),
        None => first
            .get_str("worker-type")
            .and_then(|worker_type| implementation(kind, worker_type).ok())
            .map(|found| found.name),
    };
    let builder = name.and_then(|name| kind.registry.get::<dyn PayloadBuilder>(&name).ok());
    first.contains_key("label")
        && !first.is_true("index")
        // It may depend on an attribute.
        && !matches!(first.get("run-on-projects"), Some(Value::Map(_)))
        && builder.is_some_and(|builder| builder.passes_on())
}
