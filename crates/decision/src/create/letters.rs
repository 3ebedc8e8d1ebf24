//! Scopes and routes that the queue does not take, and the parameters that they come from.

use taskgraph_config::Parameters;
use taskgraph_value::{Str, Value};

use super::{CreateError, Problem};

/// The longest route that a queue takes, in characters.
const LONGEST_ROUTE: usize = 249;

impl CreateError {
    /// The same error, which says for scopes that no queue accepts from which parameter they are.
    #[must_use]
    pub fn traced(mut self, parameters: &Parameters) -> CreateError {
        if let CreateError::Faults { faults } = &mut self {
            for fault in faults {
                let text = fault.text.as_deref();
                let origin = text.and_then(|text| parameters.origin(text, is_unprintable));
                if let Some((name, value)) = origin {
                    fault.problem += &format!("; `{value}` is the parameter `{name}`");
                }
            }
        }
        self
    }
}

/// Fails with the first scope or route that no queue takes.
pub(super) fn check(definition: &Value) -> Result<(), Problem> {
    for (at, scope) in texts(definition, "scopes") {
        if scope.contains(is_unprintable) {
            return Err(Problem {
                problem: format!("`scopes.{at}`: a scope is printable ASCII, found `{scope}`"),
                text: Some(scope.clone()),
            });
        }
    }
    for (at, route) in texts(definition, "routes") {
        let length = route.chars().count();
        if !(1..=LONGEST_ROUTE).contains(&length) {
            let problem = format!(
                "`routes.{at}`: a route has 1 to {LONGEST_ROUTE} characters, found {length}: `{route}`"
            );
            return Err(problem.into());
        }
    }
    Ok(())
}

fn texts<'a>(definition: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Str)> {
    let list = definition.at(key).and_then(Value::as_list).into_iter().flatten();
    list.enumerate().filter_map(|(at, item)| Some((at, item.as_str()?)))
}

fn is_unprintable(letter: char) -> bool {
    !(' '..='~').contains(&letter)
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{List, Map, map};

    use super::*;
    use crate::Plan;

    fn parameters() -> Parameters {
        let values = map! { "head_ref" => "gr\u{f6}\u{df}e", "owner" => "\u{f6}", "project" => "example", "pushdate" => 0 };
        Parameters::from_values(values, false)
    }

    fn plan(key: &str, values: &[&str]) -> Result<Plan, CreateError> {
        let values: List = values.iter().map(|value| Value::from(*value)).collect();
        let definition: Map = [(Str::from(key), Value::from(values))].into_iter().collect();
        let now = "2026-01-31T12:00:00Z".parse().unwrap();
        Plan::of_definition("a", "fdtgsD5DQUmAQZEaGMvQ4Q".parse().unwrap(), definition.into(), now)
    }

    #[track_caller]
    fn refused(key: &str, values: &[&str], expected: &str) {
        assert_eq!(plan(key, values).unwrap_err().traced(&parameters()).to_string(), expected);
    }

    #[test]
    fn scopes_are_printable_and_routes_are_short() {
        refused(
            "scopes",
            &["assume:a", "assume:repo:x:branch:gr\u{f6}\u{df}e"],
            "task `a`: `scopes.1`: a scope is printable ASCII, found `assume:repo:x:branch:gr\u{f6}\u{df}e`; \
             `gr\u{f6}\u{df}e` is the parameter `head_ref`",
        );
        refused("scopes", &["x\n"], "task `a`: `scopes.0`: a scope is printable ASCII, found `x\\n`");
        refused("routes", &[""], "task `a`: `routes.0`: a route has 1 to 249 characters, found 0: ``");
        let long = "r".repeat(250);
        refused(
            "routes",
            &["checks", &long],
            &format!("task `a`: `routes.1`: a route has 1 to 249 characters, found 250: `{long}`"),
        );
        assert!(plan("scopes", &["", "a b~"]).is_ok());
    }
}
