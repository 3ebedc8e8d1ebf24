//! Families of tasks that are to be run.

use taskgraph_kinds::{Error, Family, KindContext};
use taskgraph_value::{Difference, Map, Place, Step::Key, text};

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
            [Key("label" | "description")]
            | [Key("treeherder"), Key("symbol")]
            | [Key("run"), Key("command")] => are_texts(first, difference),
            [Key("name")] => is_named && are_own_texts(first, difference),
            [Key("worker"), Key("env"), _] => are_own_texts(first, difference),
            [Key("attributes"), _, ..] => true,
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
        let labelled = differences.iter().any(|before| before.difference.place.steps() == [Key("label")]);
        let derive = |Before { difference: Difference { place, values }, first }| {
            let (place, values) = match place.steps()[..] {
                [Key("worker"), Key("env"), _] if !is_passed_on(&first, made, &place) => return None,
                [Key("name")] if !labelled => {
                    let labels = values.iter().map(|name| label_by_name(kind, name).into());
                    (Place::new([text!("label")]), labels.collect())
                }
                [Key("run"), Key("command")] => {
                    let last = made.get_map("worker")?.get_list("command").len().checked_sub(1)?;
                    (Place::new([text!("worker"), text!("command")]).then_at(last), values)
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
