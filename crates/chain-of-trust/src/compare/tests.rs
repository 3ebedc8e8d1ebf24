//! Tests of comparing.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(rebuilt: Value, running: Value, expected: &[&str]) {
    let found = compare(&rebuilt, &running, &[]);
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_empty_is_ignored() {
    let empty = json!({ "a": null, "b": [], "c": {}, "d": "null", "l": [null, 1, {}] });
    check(empty.clone(), json!({ "l": [1] }), &[]);
    check(json!({ "l": [1] }), empty, &[]);
    check(json!({ "a": "" }), json!({}), &[r#"a: expected "", found nothing"#]);
    check(
        json!({ "a": false, "b": 0 }),
        json!({}),
        &["a: expected false, found nothing", "b: expected 0, found nothing"],
    );
    // What becomes empty only by this is not.
    check(json!({}), json!({ "a": { "b": [] } }), &["a: expected nothing, found {}"]);
}

#[test]
fn queues_have_two_names() {
    check(json!({ "taskQueueId": "a/b" }), json!({ "provisionerId": "a", "workerType": "b" }), &[]);
    check(json!({ "provisionerId": "a", "workerType": "b" }), json!({ "taskQueueId": "a/b" }), &[]);
    check(
        json!({ "provisionerId": "a", "workerType": "b" }),
        json!({ "taskQueueId": "a/c", "provisionerId": "a", "workerType": "b" }),
        &[r#"taskQueueId: expected "a/b", found "a/c""#],
    );
    check(json!({ "provisionerId": "a" }), json!({}), &[]);
}

#[test]
fn ids_and_projects() {
    check(json!({ "taskId": "x" }), json!({}), &[]);
    check(json!({}), json!({ "taskId": "x" }), &[r#"taskId: expected nothing, found "x""#]);
    check(json!({}), json!({ "projectId": "none" }), &[]);
    check(json!({}), json!({ "projectId": "p" }), &[r#"projectId: expected "none", found "p""#]);
}

#[test]
fn groups_of_actions_may_be_either() {
    let task = |group: &str| json!({ "payload": { "env": { "ACTION_TASK_GROUP_ID": group } } });
    let count = |rebuilt: &str, running: &str| compare(&task(rebuilt), &task(running), &["D", "A"]).len();
    assert_eq!([count("D", "A"), count("A", "D"), count("D", "D"), count("x", "x")], [0; 4]);
    assert_eq!([count("D", "x"), count("x", "D"), compare(&task("D"), &json!({}), &["D"]).len()], [1; 3]);
}

#[test]
fn fields_are_named_by_where_they_are() {
    check(
        json!({ "a": { "b.c": 1, "": 2, "d": [1, [2, 3]] } }),
        json!({ "a": { "b.c": "1", "d": [1, [2, 4, 5]] }, "e": "x\ny" }),
        &[
            r#"a["b.c"]: expected 1, found "1""#,
            r#"a[""]: expected 2, found nothing"#,
            "a.d[1][1]: expected 3, found 4",
            "a.d[1][2]: expected nothing, found 5",
            r#"e: expected nothing, found "x\ny""#,
        ],
    );
    check(json!([1]), json!(3), &[]);
}

#[test]
fn numbers_are_equal_by_value() {
    check(json!({ "n": 1 }), json!({ "n": 1.0 }), &[]);
    check(
        json!({ "n": 9_007_199_254_740_993_u64 }),
        json!({ "n": 9_007_199_254_740_992_u64 }),
        &["n: expected 9007199254740993, found 9007199254740992"],
    );
}

#[test]
fn large_values_are_cut() {
    let shown = compare(&json!({}), &json!({ "a": "ä\u{1b}".repeat(5000) }), &[])[0].to_string();
    assert!(shown.len() < 2500 && shown.contains("bytes)") && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn what_agrees_is_listed() {
    let running =
        json!({ "payload": { "a": 1 }, "tags": {}, "task": 1, "taskGroupId": "x", "workerType": "w" });
    let found = compare(&json!({ "payload": { "a": 2 }, "task": 1 }), &running, &[]);
    assert_eq!(agreed(&running, &found), ["task", "projectId"]);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z.]{0,3}|null".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]|payload|env|taskId", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_task_agrees_with_itself_and_differences_have_two_sides(a in values(), b in values()) {
        let without = |value: &Value| {
            let mut value = value.clone();
            value.as_object_mut().map(|task| task.remove("taskId"));
            value
        };
        let (a, b) = (without(&a), without(&b));
        prop_assert_eq!(compare(&a, &a, &[]), []);
        let there = compare(&a, &b, &[]);
        prop_assert_eq!(there.len(), compare(&b, &a, &[]).len());
        for difference in there {
            prop_assert_ne!(&difference.expected, &difference.found);
        }
    }
}
