//! Tasks that are never run: found in the index, or dropped.

use taskgraph_kinds::{Error, KindContext, Problem};
use taskgraph_parameterize::{SubstituteError, format};
use taskgraph_schema::{Object, Shape, required};
use taskgraph_value::{Value, map, text};

use super::describe::{RunJob, RunUsing, each};

static ALWAYS_OPTIMIZED: Object = Object::closed(&[required("using", Shape::OneOf(&["always-optimized"]))]);

static INDEX_SEARCH: Object = Object::closed(&[
    required("using", Shape::OneOf(&["index-search"])),
    required("index-search", Shape::ListOf(&Shape::Str)),
]);

/// `always-optimized`: nothing to add.
pub(super) struct AlwaysOptimized;

impl RunUsing for AlwaysOptimized {
    fn schema(&self) -> Option<&'static Object> {
        Some(&ALWAYS_OPTIMIZED)
    }

    fn describe(&self, _: &KindContext<'_>, _: &mut Vec<RunJob>) -> Result<(), Error> {
        Ok(())
    }

    fn splits(&self) -> bool {
        true
    }
}

/// `index-search`: a task of another graph, found by paths that are filled with parameters.
pub(super) struct IndexSearch;

impl RunUsing for IndexSearch {
    fn schema(&self) -> Option<&'static Object> {
        Some(&INDEX_SEARCH)
    }

    fn describe(&self, kind: &KindContext<'_>, jobs: &mut Vec<RunJob>) -> Result<(), Error> {
        let in_field =
            |source| Problem::other(SubstituteError::Template { path: "run.index-search".into(), source });
        each(jobs, |job| {
            let mut paths = Vec::new();
            for path in job.run.get_list("index-search").iter().filter_map(Value::as_str) {
                paths.push(format(path, kind.parameters.values()).map_err(in_field)?.into());
            }
            job.task.insert(text!("optimization"), map! { "index-search" => paths }.into());
            Ok(())
        })
    }

    fn splits(&self) -> bool {
        true
    }
}
