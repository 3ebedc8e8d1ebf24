//! Removes tasks whose files have not changed.

use rustc_hash::FxHashMap;
use taskgraph_docker::PathPattern;
use taskgraph_value::{Str, python};

use super::strings;
use crate::{
    StrategyError,
    strategy::{Answer, Asked, Given, Strategy},
};

/// Removes a task if the push changes no file that one of its patterns matches.
///
/// The argument is a list of patterns ([`PathPattern`]). The files are the parameter `files_changed`. Removes nothing if
/// `head_rev` and `base_rev` are the same, for then there is no push.
#[derive(Clone, Copy, Debug, Default)]
pub struct SkipUnlessChanged;

impl Strategy for SkipUnlessChanged {
    fn should_remove(&self, asked: &[Asked<'_>], given: &Given<'_>) -> Vec<Answer<bool>> {
        let parameter = |name: &str| given.parameters.get(name).cloned().unwrap_or_default();
        let base = parameter("base_rev");
        if base.is_truthy() && python::equal(&base, &parameter("head_rev")) {
            return asked.iter().map(|_| false.into()).collect();
        }
        let files = given.parameters.texts("files_changed").map_err(StrategyError::from);
        // Tasks of a kind share most of their patterns.
        let mut known: FxHashMap<Str, bool> = FxHashMap::default();
        let mut any_changed = |asked: &Asked<'_>| {
            let files = files.as_ref().map_err(Clone::clone)?;
            for pattern in strings(asked.argument, "file patterns")? {
                let changed = match known.get(pattern) {
                    Some(known) => *known,
                    None => {
                        let changed = any_matches(pattern, files);
                        known.insert(pattern.clone(), changed);
                        changed
                    }
                };
                if changed {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        asked
            .iter()
            .map(|asked| match any_changed(asked) {
                Ok(false) => Answer::noted(
                    true,
                    format!(
                        "no files found matching a pattern in `skip-unless-changed` for \"{}\"",
                        asked.task.label
                    ),
                ),
                changed => changed.map(|changed| !changed).into(),
            })
            .collect()
    }
}

fn any_matches(pattern: &str, files: &[&Str]) -> bool {
    let pattern = PathPattern::new(pattern);
    files.iter().any(|file| pattern.matches(file))
}
