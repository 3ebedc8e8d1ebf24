//! The input of the action.

use taskcluster_queue_client::TaskId;
use taskgraph_schema::describe;
use taskgraph_value::{List, Map, Str, Value, map, text};

use crate::{Error, Flavor, Flavors, version::check_version};

/// What a release is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The name of the flavor.
    pub flavor: Str,
    /// How often this version was built, from 1.
    pub build_number: i64,
    /// The version; without one, that of the tree.
    pub version: Option<Str>,
    /// Labels of tasks that are made again; if nothing is said, those of the flavor.
    pub do_not_optimize: Option<Vec<Str>>,
    /// Kinds whose tasks are made again; if nothing is said, those of the flavor.
    pub rebuild_kinds: Option<Vec<Str>>,
    /// The decision and action tasks to build on; if there are none, the decision task of the revision.
    pub previous_graph_ids: Vec<TaskId>,
}

impl Input {
    /// The input for a flavor, with all that it has as defaults said.
    pub fn of_flavor(flavor: &Flavor) -> Input {
        Input {
            flavor: flavor.name.clone(),
            build_number: 1,
            version: None,
            do_not_optimize: Some(flavor.do_not_optimize.clone()),
            rebuild_kinds: Some(flavor.rebuild_kinds.clone()),
            previous_graph_ids: Vec::new(),
        }
    }

    /// Reads the input of an action. Without a number of the build, it is the first.
    ///
    /// Fails with [`Error::Input`], and with [`Error::Version`] for a version that cannot be one.
    pub fn read(input: &Value) -> Result<Input, Error> {
        let wrong = |key: &str, expected, found: Option<&Value>| Error::Input {
            key: key.to_owned(),
            expected,
            found: found.map_or_else(|| "nothing".to_owned(), describe),
        };
        let Value::Map(values) = input else {
            return Err(wrong("", "a mapping", Some(input)));
        };
        let get = |key| values.get_some(key);
        let flavor = get("release_promotion_flavor");
        let texts = |key: &'static str| -> Result<Option<Vec<Str>>, Error> {
            let Some(value) = get(key) else { return Ok(None) };
            let texts =
                value.as_list().and_then(|list| list.iter().map(|text| text.as_str().cloned()).collect());
            texts.map(Some).ok_or_else(|| wrong(key, "a list of strings", Some(value)))
        };
        let number = get("build_number");
        let build_number = match number {
            None => Some(1),
            Some(Value::Int(number)) => Some(*number),
            // A schema takes it for an integer, and so does Python.
            Some(Value::Float(number)) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(*number as i64)
            }
            _ => None,
        };
        let version = match get("version") {
            None => None,
            Some(Value::Str(version)) if version.is_empty() => None,
            Some(Value::Str(version)) => {
                check_version(version, "in the input")?;
                Some(version.clone())
            }
            other => return Err(wrong("version", "a string", other)),
        };
        let id = |id: &Str| id.parse().map_err(|_| wrong("previous_graph_ids", "taskIds", Some(&id.into())));
        Ok(Input {
            flavor: flavor
                .and_then(Value::as_str)
                .ok_or_else(|| wrong("release_promotion_flavor", "the name of a flavor", flavor))?
                .clone(),
            build_number: build_number
                .filter(|number| *number >= 1)
                .ok_or_else(|| wrong("build_number", "an integer of at least 1", number))?,
            version,
            do_not_optimize: texts("do_not_optimize")?,
            rebuild_kinds: texts("rebuild_kinds")?,
            previous_graph_ids: texts("previous_graph_ids")?
                .unwrap_or_default()
                .iter()
                .map(id)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The input as the action takes it. `previous` are the graphs to build on, which may be called otherwise than by a
    /// taskId in a plan.
    pub fn to_value(&self, previous: impl IntoIterator<Item = Str>) -> Value {
        let list = |texts: &[Str]| texts.iter().map(Value::from).collect::<List>();
        let mut input = map! {
            "release_promotion_flavor" => &self.flavor,
            "build_number" => self.build_number,
            "version" => self.version.clone().unwrap_or_default(),
        };
        for (key, texts) in
            [("do_not_optimize", &self.do_not_optimize), ("rebuild_kinds", &self.rebuild_kinds)]
        {
            if let Some(texts) = texts {
                input.insert(key.into(), list(texts).into());
            }
        }
        let previous: List = previous.into_iter().map(Value::from).collect();
        if !previous.is_empty() {
            input.insert(text!("previous_graph_ids"), previous.into());
        }
        input.into()
    }
}

/// The JSON schema of the input. It is a part of `actions.json`, and equal to the reference's.
pub(crate) fn schema(flavors: &Flavors) -> Value {
    let names: List = flavors.names().into_iter().map(Value::from).collect();
    let strings = || map! { "type" => "string" };
    let property = |of: &str| map! { "type" => of };
    let with = |mut property: Map, more: Map| {
        property.extend_from(&more);
        property
    };
    let mut flavor = with(
        property("string"),
        map! {
            "description" => "The flavor of release promotion to perform.",
            "default" => "<REPLACE ME>",
        },
    );
    // Without flavors it is not offered; whoever runs it all the same is told why it cannot work.
    if !flavors.is_empty() {
        flavor.insert(text!("enum"), names.into());
    }
    let properties = map! {
        "release_promotion_flavor" => flavor,
        "build_number" => with(property("integer"), map! {
            "default" => 1,
            "minimum" => 1,
            "title" => "The release build number",
            "description" => "The release build number. Starts at 1 per release version, and increments on rebuild.",
        }),
        "version" => with(property("string"), map! {
            "description" => "Optional: override the version for release promotion. Occasionally we'll land a \
                              taskgraph fix in a later commit, but want to act on a build from a previous commit. If \
                              a version bump has landed in the meantime, relying on the in-tree version will break \
                              things.",
            "default" => "",
        }),
        "do_not_optimize" => with(property("array"), map! {
            "description" => "Optional: a list of labels to avoid optimizing out of the graph (to force a rerun).",
            "items" => strings(),
        }),
        "rebuild_kinds" => with(property("array"), map! {
            "description" => "Optional: an array of kinds to ignore from the previous graph(s).",
            "default" => flavors.rebuild_kinds().iter().map(Value::from).collect::<List>(),
            "items" => strings(),
        }),
        "previous_graph_ids" => with(property("array"), map! {
            "description" => "Optional: an array of taskIds of decision or action tasks from the previous graph(s) \
                              to use to populate our `previous_graph_kinds`.",
            "items" => strings(),
        }),
    };
    let required = ["release_promotion_flavor", "build_number"];
    let required: List = required.into_iter().map(Value::from).collect();
    map! { "type" => "object", "properties" => properties, "required" => required }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Input, String> {
        Input::read(&serde_json::from_str(json).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_read_is_what_is_written() {
        let json = r#"{"release_promotion_flavor": "ship_x", "build_number": 2.0, "version": "1.0", "rebuild_kinds": [],
                       "previous_graph_ids": ["fdtgsD5DQUmAQZEaGMvQ4Q"], "other": 1}"#;
        let input = read(json).unwrap();
        assert_eq!(input.build_number, 2);
        assert_eq!(input.rebuild_kinds, Some(vec![]));
        assert_eq!(input.do_not_optimize, None);
        let ids = input.previous_graph_ids.iter().map(|id| id.as_str().into()).collect::<Vec<Str>>();
        assert_eq!(Input::read(&input.to_value(ids)).unwrap(), input);
        assert_eq!(
            read(r#"{"release_promotion_flavor": "a", "build_number": 1, "version": ""}"#).unwrap().version,
            None
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (json, expected) in [
            ("3", "the input: expected a mapping, found the integer 3"),
            ("{}", "the input: `release_promotion_flavor`: expected the name of a flavor, found nothing"),
            (
                r#"{"release_promotion_flavor": "a", "build_number": 0}"#,
                "the input: `build_number`: expected an integer of at least 1, found the integer 0",
            ),
            (
                r#"{"release_promotion_flavor": "a", "build_number": 1, "previous_graph_ids": ["x y"]}"#,
                "the input: `previous_graph_ids`: expected taskIds, found the string \"x y\"",
            ),
            (
                r#"{"release_promotion_flavor": "a", "build_number": 1, "do_not_optimize": "x"}"#,
                "the input: `do_not_optimize`: expected a list of strings, found the string \"x\"",
            ),
            (
                r#"{"release_promotion_flavor": "a", "build_number": 1, "version": "1.0 beta"}"#,
                "the version in the input: expected one such as `128.0b4`, of letters, digits and `.-_+~`, found `1.0 beta`",
            ),
        ] {
            assert_eq!(read(json).unwrap_err(), expected);
        }
    }
}
