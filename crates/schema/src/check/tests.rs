//! Values against shapes.

use taskgraph_value::map;

use super::*;
use crate::{optional, required, with_default};

static RUN: Object = Object::open(&[required("using", Shape::Str), optional("workdir", Shape::Str)]);
static RECIPIENT: Object = Object::closed(&[required("address", Shape::KeyedBy(&["level"], &Shape::Str))]);
static TASK: Object = Object::closed(&[
    required("run", Shape::Object(&RUN)),
    optional("worker", Shape::MapOf(&Shape::Str)),
    optional("priority", Shape::OneOf(&["low", "high"])),
    with_default("rank", Shape::AnyOf(&[Shape::OneOf(&["by-tier"]), Shape::Int])),
    optional("notify", Shape::ListOf(&Shape::Tagged("type", &[("email", &RECIPIENT)]))),
])
.with_rules(&[|map| {
    (map.contains_key("worker") && map.contains_key("notify"))
        .then(|| "`worker` and `notify` exclude each other".into())
}]);

fn found(value: Map) -> Vec<String> {
    check_object(&TASK, &value).iter().map(ToString::to_string).collect()
}

#[test]
fn all_violations_are_found_at_once() {
    assert_eq!(
        found(
            map! { "run" => map! { "x" => 1 }, "worker" => map! { "a" => 1, "b" => true }, "priority" => "big", "piority" => 1 }
        ),
        [
            "`run.using`: missing, expected a string",
            "`worker.a`: expected a string, found the integer 1",
            "`worker.b`: expected a string, found the boolean true",
            "`priority`: expected one of low, high, found the string \"big\"",
            "`piority`: unknown key; did you mean `priority`?",
        ]
    );
}

#[test]
fn what_was_accepted_is_not_looked_at_again() {
    let accepted = map! { "run" => map! { "using" => "x" }, "worker" => map! { "a" => "b" }, "rank" => 1 };
    assert_eq!(found(accepted.clone()), [""; 0]);
    let mut changes = vec![accepted.clone(); 5];
    changes[1].insert("rank".into(), "high".into());
    changes[2].map_mut("run".into()).remove("using");
    changes[3].remove("run");
    changes[4].insert("notify".into(), vec![].into());
    for changed in changes {
        let like: Vec<String> =
            check_object_like(&TASK, &changed, &accepted).iter().map(ToString::to_string).collect();
        assert_eq!(like, found(changed));
    }
}

#[test]
fn optional_keys_may_be_null_and_defaulted_ones_not() {
    let run = map! { "using" => "x", "workdir" => Value::Null };
    assert_eq!(found(map! { "run" => run.clone(), "worker" => Value::Null }), [""; 0]);
    assert_eq!(
        found(map! { "run" => run, "rank" => Value::Null }),
        ["`rank`: expected \"by-tier\" or an integer, found null"]
    );
}

#[test]
fn keyed_by_and_tags() {
    let run = map! { "using" => "x" };
    let keyed = map! { "by-level" => map! { "3" => "a", "default" => 7 } };
    assert_eq!(
        found(map! { "run" => run, "notify" => vec![
            map! { "type" => "email", "address" => keyed }.into(),
            map! { "type" => "fax" }.into(),
        ] }),
        [
            "`notify[0].address.by-level.default`: expected a string, found the integer 7",
            "`notify[1].type`: expected one of email, found the string \"fax\"",
        ]
    );
}

#[test]
fn variables_are_not_shown() {
    static WORKER: Object = Object::open(&[optional("env", Shape::MapOf(&Shape::Str))]);
    let worker = map! { "env" => map! { "PASSWORD" => 123_456 } };
    let found: Vec<String> = check_object(&WORKER, &worker).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["`env.PASSWORD`: expected a string, found an integer"]);
}

#[test]
fn rules_see_the_whole_mapping() {
    assert_eq!(
        found(map! { "run" => map! { "using" => "x" }, "worker" => map! {}, "notify" => vec![] }),
        ["`worker` and `notify` exclude each other"]
    );
}
