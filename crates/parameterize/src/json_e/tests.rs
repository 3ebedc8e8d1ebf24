//! Tests of the language, and of what it may cost.

use taskgraph_value::python;

use super::*;

/// A value as JSON has it.
macro_rules! json {
    ($($json:tt)+) => {
        serde_json::from_value::<Value>(serde_json::json!($($json)+)).unwrap()
    };
}

const NOW: &str = "2026-02-03T04:05:06.789Z";

#[track_caller]
fn check(template: Value, context: Value, expected: Value) {
    let context = context.as_map().unwrap();
    let rendered = render(&template, context, &[], NOW).map(|value| value.unwrap_or_default());
    assert!(
        rendered.as_ref().is_ok_and(|value| python::equal(value, &expected)),
        "{template:?}: {rendered:?}"
    );
}

/// An expression, with `x` and `list` and `object` in the context.
#[track_caller]
fn evaluates(expression: &str, expected: Value) {
    let context =
        json!({ "x": 3, "list": [1, "two", null], "object": { "a": { "b": 5 } }, "text": "häuser" });
    check(json!({ "$eval": expression }), context, expected);
}

#[track_caller]
fn fails(template: Value, part: &str) {
    let context = json!({ "x": 3, "list": [1, 2], "text": "abc" });
    let message = render(&template, context.as_map().unwrap(), &[], NOW).unwrap_err();
    assert!(message.contains(part), "{message}");
}

#[test]
fn what_is_no_operator_stands_for_itself() {
    let template = json!({ "z": [1, 2.5, null, true, "text"], "a": {} });
    check(template.clone(), json!({}), template);
    // The order of keys is that of the template.
    let rendered = render(&json!({ "z": 1, "a": 2 }), &Map::new(), &[], NOW).unwrap().unwrap();
    assert_eq!(taskgraph_value::json::compact(&rendered).unwrap(), r#"{"z":1,"a":2}"#);
}

#[test]
fn texts_are_interpolated() {
    check(json!("${x}-${ x + 1 } ${y}$"), json!({ "x": 1, "y": null }), json!("1-2 $"));
    check(json!("$${x} $$${x} $x"), json!({ "x": 1 }), json!("${x} $${x} $x"));
    check(json!({ "${a}b": "${'}'}" }), json!({ "a": "x" }), json!({ "xb": "}" }));
    check(json!("${{a: 1}.a}ä"), json!({}), json!("1ä"));
    fails(json!("${list}"), "produced an array or object");
    fails(json!("${x"), "unterminated");
    fails(json!("${}"), "expected a value");
}

#[test]
fn keys_with_dollars_are_reserved() {
    check(json!({ "$$eval": 1, "$a b": 2, "$": 3 }), json!({}), json!({ "$eval": 1, "$a b": 2, "$": 3 }));
    fails(json!({ "$nope": 1 }), "reserved");
    fails(json!({ "$eval": "x", "$if": "x" }), "only one operator");
    fails(json!({ "$eval": "x", "more": 1 }), "undefined properties: more");
}

#[test]
fn expressions() {
    evaluates("1 + 2 * 3 ** 2 ** 0 - 4 / 2", json!(5));
    evaluates("(1 + 2) * -x", json!(-9));
    evaluates("0.5 + 0.25", json!(0.75));
    evaluates("'a' + \"b\"", json!("ab"));
    evaluates("!x || x == 3.0 && 'a' < 'b'", json!(true));
    evaluates("x > 2 && x >= 3 && x < 4 && x <= 3 && x != 4", json!(true));
    evaluates("object.a.b", json!(5));
    evaluates("object['a']['c']", json!(null));
    evaluates("list[-1] == null && list[1][0] == 't'", json!(true));
    evaluates("[list[:1], list[1:], list[-2:-1]]", json!([[1], ["two", null], ["two"]]));
    evaluates("text[1:3]", json!("äu"));
    evaluates("[1, [x], {a: x, 'b': 2}]", json!([1, [3], { "a": 3, "b": 2 }]));
    evaluates("'a' in object && 'us' in text && 'two' in list && !('x' in list)", json!(true));
    evaluates("{a: [1, {b: 2}]} == {'a': [1.0, {'b': 2}]}", json!(true));
}

#[test]
fn errors_of_expressions_say_what_was_found() {
    for (expression, part) in [
        ("nothing", "unknown context value nothing"),
        ("x.y", "expects an object"),
        ("{}.y", "no property y"),
        ("list[5]", "out of bounds"),
        ("list[0.5]", "integers"),
        ("1 / 0", "division by zero"),
        ("1 + 'a'", "two numbers or two strings"),
        ("1 2", "unexpected `2`"),
        ("(1", "expected `)`"),
        ("[1,", "ends where a value"),
        ("'abc", "does not end"),
        ("1 +", "ends where a value"),
        ("x(1)", "not a function"),
        ("len", "function is used as a value"),
        ("len(1)", "builtin: len"),
        ("ä", "expected a value"),
        ("9 ** 9999", "no number"),
    ] {
        fails(json!({ "$eval": expression }), part);
    }
}

#[test]
fn functions() {
    evaluates(
        "[min(3, 1, 2), max(3, 1), abs(-2), ceil(1.2), floor(1.8), sqrt(9)]",
        json!([1, 3, 2, 2, 1, 3]),
    );
    evaluates(
        "[lowercase('Ä'), uppercase('a'), strip(' a '), lstrip(' a'), rstrip('a ')]",
        json!(["ä", "A", "a", "a", "a"]),
    );
    evaluates(
        "[len(text), len(list), str(1.0), number('2.5'), typeof(null), typeof(len)]",
        json!([6, 3, "1", 2.5, "null", "function"]),
    );
    evaluates(
        "[join([1, 'a', true], '-'), split('a,b,,c', ','), split('ab', '')]",
        json!(["1-a-true", ["a", "b", "", "c"], ["a", "b"]]),
    );
    evaluates("[range(1, 4), range(4, 0, -2), range(1, 1)]", json!([[1, 2, 3], [4, 2], []]));
    evaluates("[defined('x'), defined('y'), defined('len')]", json!([true, false, true]));
    evaluates("fromNow('1 day', '2026-01-01T00:00:00Z')", json!("2026-01-02T00:00:00.000Z"));
    evaluates("now", json!(NOW));
}

#[test]
fn times() {
    let at = |offset: &str| from_now::from_now(offset, NOW);
    for (offset, expected) in [
        ("", NOW),
        ("1 day 2 hours", "2026-02-04T06:05:06.789Z"),
        ("-1y", "2025-02-03T04:05:06.789Z"),
        ("+ 1 month 2weeks 3min 4 seconds", "2026-03-19T04:08:10.789Z"),
    ] {
        assert_eq!(at(offset).as_deref(), Ok(expected), "{offset}");
    }
    let wrong =
        ["1 hour 1 day", "1", "day", "1 fortnight", "99999999999 years", "9223372036854775807 seconds", "ä"];
    for offset in wrong {
        assert!(at(offset).is_err(), "{offset}");
    }
    assert!(from_now::from_now("1 day", "then").is_err());
}

#[test]
fn operators() {
    let context = json!({ "x": 3, "list": [3, 1, 2], "on": true });
    let check = |template: Value, expected: Value| check(template, context.clone(), expected);
    check(json!({ "$if": "on", "then": "yes", "else": { "$eval": "nothing" } }), json!("yes"));
    check(json!([0, { "$if": "!on", "then": 1 }, { "k": { "$if": "!on", "then": 1 } }]), json!([0, {}]));
    check(json!({ "$json": { "b": [1, "ä"], "a": null } }), json!(r#"{"a":null,"b":[1,"ä"]}"#));
    check(json!({ "$fromNow": "1 hour", "from": "2026-01-01T00:00:00Z" }), json!("2026-01-01T01:00:00.000Z"));
    check(json!({ "$let": { "y": { "$eval": "x + 1" } }, "in": "${x}${y}" }), json!("34"));
    check(
        json!({ "$map": { "$eval": "list" }, "each(i, at)": { "$eval": "i * 10 + at" } }),
        json!([30, 11, 22]),
    );
    check(
        json!({ "$map": { "a": 1 }, "each(e)": { "${e.key}x": { "$eval": "e.val" } } }),
        json!({ "ax": 1 }),
    );
    check(json!({ "$map": { "a": 1 }, "each(v,k)": { "${k}": "${v}" } }), json!({ "a": "1" }));
    check(
        json!({ "$reduce": { "$eval": "list" }, "each(sum,i)": { "$eval": "sum + i" }, "initial": 10 }),
        json!(16),
    );
    check(json!({ "$find": [1, 2, 3], "each(i)": "i > 1" }), json!(2));
    check(json!({ "$match": { "x == 3": "a", "x == 4": "b", "on": "c" } }), json!(["c", "a"]));
    check(json!({ "$switch": { "x == 4": 1, "$default": 2 } }), json!(2));
    check(json!({ "$merge": [{ "a": 1, "b": 1 }, { "b": 2 }] }), json!({ "a": 1, "b": 2 }));
    check(
        json!({ "$mergeDeep": [{ "a": { "b": [1] } }, { "a": { "b": [2], "c": 3 } }] }),
        json!({ "a": { "b": [1, 2], "c": 3 } }),
    );
    check(json!({ "$sort": { "$eval": "list" } }), json!([1, 2, 3]));
    check(
        json!({ "$sort": [{ "k": "b" }, { "k": "a" }], "by(e)": "e.k" }),
        json!([{ "k": "a" }, { "k": "b" }]),
    );
    check(json!({ "$reverse": { "$eval": "list" } }), json!([2, 1, 3]));
    check(json!({ "$flatten": [[1, [2]], 3] }), json!([1, [2], 3]));
    check(json!({ "$flattenDeep": [[1, [2]], 3] }), json!([1, 2, 3]));
}

#[test]
fn operators_check_what_they_are_given() {
    for (template, part) in [
        (json!({ "$eval": 1 }), "must be given a string"),
        (json!({ "$if": 1 }), "string expressions only"),
        (json!({ "$let": { "a b": 1 }, "in": 1 }), "top level keys of $let"),
        (json!({ "$let": { "a": 1 } }), "requires an `in`"),
        (json!({ "$map": 1, "each(x)": 1 }), "array or object"),
        (json!({ "$map": [1] }), "exactly 2 properties"),
        (json!({ "$map": [1], "each(a,b,c)": 1 }), "each(identifier[,identifier])"),
        (json!({ "$map": [1], "each(1)": 1 }), "undefined properties"),
        (json!({ "$sort": [1, "a"] }), "same type"),
        (json!({ "$sort": [1], "by(a)": 5 }), "invalid expression"),
        (json!({ "$merge": [1] }), "array of objects"),
        (json!({ "$switch": { "true": 1, "1": 2 } }), "one truthy condition"),
        (json!({ "$fromNow": 1 }), "expects a string"),
        (json!({ "$reduce": [1], "each(a)": 1, "initial": 1 }), "$reduce requires"),
    ] {
        fails(template, part);
    }
    assert!(render(&json!(1), json!({ "a b": 1 }).as_map().unwrap(), &[], NOW).is_err());
}

#[test]
fn what_is_left_out_of_everything_is_nothing() {
    assert_eq!(render(&json!({ "$if": "false", "then": 1 }), &Map::new(), &[], NOW), Ok(None));
}

/// None of these may take long, much memory or the stack.
#[test]
fn templates_cannot_take_more_than_their_share() {
    let mut doubling = json!("${a}");
    let mut copying = json!({ "$eval": "a" });
    for _ in 0..60 {
        doubling = json!({ "$let": { "a": "${a}${a}" }, "in": doubling });
        copying = json!({ "$let": { "a": { "$eval": "[a, a]" } }, "in": copying });
    }
    let many = json!({ "$eval": "range(0, 1000)" });
    let mut nested = json!(1);
    for _ in 0..20 {
        nested = json!({ "$map": many, "each(x)": nested });
    }
    let wrap = json!({ "$reduce": many, "each(a,x)": [{ "$eval": "a" }], "initial": 1 });
    let wrap_by_expression = json!({ "$reduce": many, "each(a,x)": { "$eval": "[a]" }, "initial": 1 });
    let join =
        json!({ "$let": { "l": { "$eval": "range(0, 100000)" } }, "in": { "$eval": "join(l, text)" } });
    for template in [doubling, copying, nested, wrap, wrap_by_expression, join] {
        let context = json!({ "a": "abc", "text": "x".repeat(10_000) });
        assert!(render(&template, context.as_map().unwrap(), &[], NOW).is_err());
    }
    for expression in [
        "range(0, 9000000000)".to_owned(),
        "(".repeat(100_000),
        "[".repeat(100_000),
        "!".repeat(100_000),
        "{a:".repeat(100_000),
        format!("1{}", "+1".repeat(100_000)),
        format!("x{}", "[0]".repeat(100_000)),
        format!("x{}", "()".repeat(100_000)),
        format!("1{}", "**1".repeat(100_000)),
    ] {
        assert!(
            render(&json!({ "$eval": expression }), json!({ "x": 1 }).as_map().unwrap(), &[], NOW).is_err()
        );
    }
    // What is long but simple is fine.
    let list = json!({ "$eval": format!("len([{}])", "1,".repeat(9_999) + "1") });
    assert_eq!(render(&list, &Map::new(), &[], NOW), Ok(Some(json!(10_000))));
}

#[test]
fn templates_and_contexts_have_a_depth_and_no_dates() {
    let lists = |depth: usize| (0..depth).fold(json!(1), |inner, _| Value::from(vec![inner]));
    let render = |template: &Value, context: &Map| render(template, context, &[], NOW);
    assert!(render(&lists(128), &Map::new()).is_ok());
    assert_eq!(render(&lists(129), &Map::new()).unwrap_err(), "the template is more than 128 deep");
    let context = taskgraph_value::map! { "x" => lists(129) };
    assert_eq!(render(&json!("x"), &context).unwrap_err(), "`x` in the context is more than 128 deep");
    let context = taskgraph_value::map! { "x" => lists(128) };
    assert!(render(&json!([{ "$eval": "[x]" }]), &context).unwrap_err().contains("more than 128 deep"));
    let date = Value::Date("2026-01-31".into());
    assert_eq!(
        render(&date, &Map::new()).unwrap_err(),
        "the template has the date 2026-01-31, which JSON does not have"
    );

    // Operators take more of the stack than lists do.
    let mut lets = json!("${x}");
    for _ in 0..63 {
        lets = json!({ "$let": { "x": "1" }, "in": { "$if": "true", "then": lets } });
    }
    assert_eq!(render(&lets, &Map::new()), Ok(Some(json!("1"))));
}

#[test]
fn functions_of_the_caller() {
    let id = |arguments: &[Value]| match arguments {
        [Value::Str(name)] => Ok(Value::from(format!("id-{name}"))),
        _ => Err("as_slugid expects a string".to_owned()),
    };
    let long = |_: &[Value]| Ok(Value::from("x".repeat(1 << 20)));
    let functions: [(&str, JsonEFunction<'_>); 3] = [("as_slugid", &id), ("long", &long), ("len", &id)];
    let evaluate = |expression: &str| {
        render(&json!({ "$eval": expression }), &Map::new(), &functions, NOW).map(Option::unwrap_or_default)
    };
    let text = "[as_slugid('a'), as_slugid('b' + 'c'), typeof(as_slugid), defined('as_slugid'), len('a')]";
    assert_eq!(evaluate(text), Ok(json!(["id-a", "id-bc", "function", true, "id-a"])));
    assert_eq!(evaluate("as_slugid()"), Err("as_slugid expects a string".to_owned()));
    assert_eq!(evaluate("as_slugid"), Err("a function is used as a value".to_owned()));
    // What a template binds hides it.
    let bound = json!({ "$let": { "as_slugid": 3 }, "in": "${as_slugid}" });
    assert_eq!(render(&bound, &Map::new(), &functions, NOW), Ok(Some(json!("3"))));
    let much = json!({ "$map": { "$eval": "range(0, 100)" }, "each(x)": "${long()}" });
    assert!(render(&much, &Map::new(), &functions, NOW).unwrap_err().contains("too much memory"));
}
