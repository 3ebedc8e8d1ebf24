//! The input of an action.

use taskgraph_actions::{InputError, InputSchema, SchemaError};
use taskgraph_schema::describe;
use taskgraph_value::Value;

/// The input with the defaults of the schema; or what is wrong with it.
///
/// Whoever triggered the action has checked it already; but a hook can be triggered with anything.
pub(crate) fn checked(schema: Option<&Value>, input: &Value) -> Result<Value, String> {
    let given = if input.is_null() { None } else { Some(input) };
    match (schema, given) {
        (None, None) => Ok(Value::Null),
        (None, Some(Value::Map(map))) if map.is_empty() => Ok(Value::Null),
        (None, Some(other)) => Err(format!("expected none, found {}", describe(other))),
        (Some(schema), given) => match InputSchema::new(schema) {
            // What is elsewhere is not fetched here.
            Err(SchemaError::External { .. }) => Ok(input.clone()),
            Err(error) => Err(error.to_string()),
            Ok(schema) => schema.validate(given).map_err(|error| match error {
                InputError::Invalid { violations } => {
                    let violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
                    violations.join("; ")
                }
                error => error.to_string(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use taskgraph_value::map;

    use super::*;

    #[test]
    fn an_input_has_the_defaults_of_its_schema() {
        let times = map! { "type" => "integer", "default" => 1, "minimum" => 1, "maximum" => 100 };
        let schema = Value::from(map! { "type" => "object", "properties" => map! { "times" => times } });
        let once = Value::from(map! { "times" => 1 });
        for input in [Value::Null, map! {}.into(), once.clone()] {
            assert_eq!(checked(Some(&schema), &input), Ok(once.clone()), "{input:?}");
        }
        let wrong = |input: Value| checked(Some(&schema), &input).unwrap_err();
        assert_eq!(wrong(map! { "times" => 0 }.into()), "`times`: expected at least 1, found the integer 0");
        assert_eq!(
            wrong(map! { "times" => 101 }.into()),
            "`times`: expected at most 100, found the integer 101"
        );
        assert!(wrong("retrigger".into()).contains("found the string \"retrigger\""));
    }

    #[test]
    fn a_bad_default_is_something_that_was_left_out() {
        let flavor =
            map! { "type" => "string", "default" => "<REPLACE ME>", "enum" => vec!["a".into(), "b".into()] };
        let schema = Value::from(map! { "type" => "object", "properties" => map! { "flavor" => flavor } });
        for input in [Value::Null, map! {}.into(), map! { "other" => 1 }.into()] {
            assert_eq!(
                checked(Some(&schema), &input).unwrap_err(),
                "`flavor`: expected one of \"a\", \"b\", found nothing"
            );
        }
        let error = checked(Some(&schema), &map! { "flavor" => "c" }.into()).unwrap_err();
        assert!(error.ends_with("found the string \"c\""), "{error}");
    }

    #[test]
    fn an_action_without_a_schema_takes_nothing() {
        assert_eq!(checked(None, &Value::Null), Ok(Value::Null));
        assert_eq!(checked(None, &map! {}.into()), Ok(Value::Null));
        assert_eq!(checked(None, &3.into()), Err("expected none, found the integer 3".to_owned()));
    }

    #[test]
    fn schemas_elsewhere_are_not_fetched() {
        let schema = Value::from(map! { "$ref" => "https://example.com/schema.json" });
        assert_eq!(checked(Some(&schema), &3.into()), Ok(3.into()));
    }
}
