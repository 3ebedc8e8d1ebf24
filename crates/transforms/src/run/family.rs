//! Families of tasks that are to be run.

use taskgraph_kinds::{Error, Family, KindContext};
use taskgraph_value::{Difference, Map, Place, text};

use super::describe::RunUsing;
use super::label_by_name;
use crate::{
    family::{Before, Kinship, are_own_texts, are_texts, is_passed_on},
    worker_types::{Implementation, implementation},
};

/// Tasks that differ in name, label, description, attributes, Treeherder symbol, a command that is one text, and
/// environment.
pub(super) struct RunKinship;

impl Kinship for RunKinship {
    fn follows(&self, kind: &KindContext<'_>, family: &Family) -> bool {
        let Family { first, differences, .. } = family;
        // The label of all of them comes from the name, or of none.
        let is_named = !first.contains_key("label") || family.differs_in("label");
        let follows = |difference: &Difference| match difference.place.steps()[..] {
            ["label" | "description"] | ["treeherder", "symbol"] | ["run", "command"] => {
                are_texts(first, difference)
            }
            ["name"] => is_named && are_own_texts(first, difference),
            ["worker", "env", _] => are_own_texts(first, difference),
            ["attributes", _, ..] => true,
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
        let labelled = differences.iter().any(|before| before.difference.place.steps() == ["label"]);
        let derive = |Before { difference: Difference { place, values }, first }| {
            let (place, values) = match place.steps()[..] {
                ["worker", "env", _] if !is_passed_on(&first, made, &place) => return None,
                ["name"] if !labelled => {
                    let labels = values.iter().map(|name| label_by_name(kind, name).into());
                    (Place::new([text!("label")]), labels.collect())
                }
                ["run", "command"] => {
                    let words = made.get_map("worker")?.get_list("command");
                    let last = words.len().checked_sub(1)?.to_string();
                    (Place::new([text!("worker"), text!("command"), last.into()]), values)
                }
                _ => (place, values),
            };
            Some(Difference { place, values })
        };
        Ok(differences.into_iter().filter_map(derive).collect())
    }
}

/// Whether what runs a task is known to pass on in what the tasks of a family differ.
fn is_known(kind: &KindContext<'_>, first: &Map) -> bool {
    let using = first.get_map("run").and_then(|run| run.get_str("using"));
    let worker_type = first.get_str("worker-type");
    let worker = worker_type.and_then(|worker_type| implementation(kind, worker_type).ok());
    let Some((using, Implementation { name, .. })) = using.zip(worker) else { return false };
    let handler = kind.registry.get::<dyn RunUsing>(&format!("{using}/{name}"));
    handler.is_ok_and(|handler| handler.passes_on(&name))
}
