//! Which action is for which task.

use proptest::{collection::vec, prelude::*};
use taskgraph_actions::{Action, Document, FindError, Subject, TagSet};
use taskgraph_value::{Map, Value, map};

use crate::support::{action, document, json, names, task};

const ID: &str = "fdtgsD5DQUmAQZEaGMvQ4Q";

fn on(definition: &Value) -> Subject<'_> {
    Subject::Task { id: ID, definition }
}

/// The examples of the specification.
#[test]
fn the_six_contexts_of_the_specification() {
    let tasks = [
        task(&[("kind", "test"), ("platform", "linux")]),
        task(&[("kind", "test"), ("platform", "windows")]),
        task(&[("kind", "build"), ("platform", "linux")]),
    ];
    let document = document(vec![
        action("1", &[&[("kind", "test")]]),
        action("2", &[&[("kind", "test"), ("platform", "linux")]]),
        action("3", &[&[("platform", "linux")]]),
        action("4", &[&[("kind", "test")], &[("kind", "build")]]),
        action("5", &[&[]]),
        action("6", &[]),
    ]);
    let relevant = tasks.each_ref().map(|task| names(&document.relevant(&on(task))).concat());
    assert_eq!(relevant, ["12345", "145", "345"]);
    assert_eq!(names(&document.relevant(&Subject::Group)), ["6"]);
}

#[test]
fn a_missing_context_is_for_the_group() {
    let text = r#"{"version": 1, "variables": {}, "actions": [
        {"kind": "task", "name": "a", "title": "A", "description": "a", "task": {}},
        {"kind": "task", "name": "b", "title": "B", "description": "b", "task": {}, "context": []},
        {"kind": "task", "name": "c", "title": "C", "description": "c", "task": {}, "context": [{}]}]}"#;
    let document = Document::parse(text).unwrap();
    assert_eq!(names(&document.menu(&Subject::Group)), ["a", "b"]);
    assert_eq!(names(&document.menu(&on(&map! {}.into()))), ["c"]);
}

#[test]
fn tags_that_are_no_texts_are_as_good_as_absent() {
    let five = action("five", &[&[("n", "5")]]);
    let all = action("all", &[&[]]);
    for definition in
        [json!({ "tags": { "n": 5 } }), json!({ "tags": 5 }), json!({ "tags": null }), json!([]), json!(null)]
    {
        assert!(!five.is_for(&on(&definition)));
        assert!(all.is_for(&on(&definition)) && !all.is_for(&Subject::Group));
    }
}

/// As the reference has them: the more general ones come later.
fn retriggers() -> Document {
    let with_title = |title: &str, context: &[&[(&str, &str)]]| {
        let mut action = action("retrigger", context);
        action.title = title.into();
        action
    };
    document(vec![
        with_title("Of decisions", &[&[("kind", "decision-task")], &[("kind", "cron-task")]]),
        with_title("Retrigger", &[&[("retrigger", "true")]]),
        with_title("Retrigger (disabled)", &[&[]]),
        action("add-new-jobs", &[]),
    ])
}

#[test]
fn of_several_with_one_name_the_first_one_counts_in_menus() {
    let document = retriggers();
    let titles = |tags: &[(&str, &str)]| -> Vec<String> {
        document.menu(&on(&task(tags))).iter().map(|action| action.title.to_string()).collect()
    };
    assert_eq!(titles(&[("kind", "decision-task")]), ["Of decisions"]);
    assert_eq!(titles(&[("retrigger", "true")]), ["Retrigger"]);
    assert_eq!(titles(&[("kind", "test")]), ["Retrigger (disabled)"]);
}

#[test]
fn by_name_exactly_one_has_to_be_relevant() {
    let document = retriggers();
    let test = task(&[("kind", "test"), ("retrigger", "false")]);
    assert_eq!(document.find("retrigger", &on(&test)).unwrap().title, "Retrigger (disabled)");
    let build = task(&[("retrigger", "true")]);
    let error = document.find("retrigger", &on(&build)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "there are 2 actions `retrigger` for task {ID}, expected one: Retrigger, Retrigger (disabled)"
        )
    );
    assert_eq!(document.named("retrigger", &on(&build)).unwrap()[0].title, "Retrigger");
}

#[test]
fn names_that_are_not_there_are_explained() {
    let document = retriggers();
    assert_eq!(
        document.find("retriger", &Subject::Group).unwrap_err().to_string(),
        "there is no action `retriger` (is it `retrigger`?); known are retrigger, add-new-jobs"
    );
    let error = document.find("retrigger", &Subject::Group).unwrap_err();
    assert_eq!(
        error.to_string(),
        "action `retrigger` is not for the task group: it is for tasks with kind=decision-task or tasks with \
         kind=cron-task; or tasks with retrigger=true; or every task"
    );
    let FindError::NotRelevant { relevant, .. } = error else { panic!() };
    assert_eq!(relevant, ["add-new-jobs"]);
    let definition = task(&[]);
    let error = document.find("add-new-jobs", &on(&definition)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("action `add-new-jobs` is not for task {ID}: it is for the task group")
    );
    assert_eq!(
        Document::default().find("x\n", &Subject::Group).unwrap_err().to_string(),
        "there is no action `x\\n`; known are none"
    );
}

fn tags() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(("[ab]", "[xy]"), 0..3)
}

fn contexts() -> impl Strategy<Value = Vec<Vec<(String, String)>>> {
    vec(tags(), 0..3)
}

fn with(name: &str, context: &[Vec<(String, String)>]) -> Action {
    let mut made = action(name, &[]);
    made.context = context
        .iter()
        .map(|set| TagSet::new(set.iter().map(|(tag, value)| (tag.as_str(), value.as_str()))))
        .collect();
    made
}

fn mapping(tags: &[(String, String)]) -> Map {
    Map::from_iter(tags.iter().map(|(tag, value)| (tag.as_str().into(), value.as_str())))
}

proptest! {
    /// What the specification says, said again in another way.
    #[test]
    fn relevance_is_as_specified(context in contexts(), tags in tags()) {
        let tags = mapping(&tags);
        let definition = map! { "tags" => tags.clone() }.into();
        let action = with("a", &context);
        let expected = context.iter().map(|set| mapping(set)).any(|set| {
            set.iter().all(|(tag, value)| tags.get(tag) == Some(value))
        });
        prop_assert_eq!(action.is_for(&on(&definition)), expected);
        prop_assert_eq!(action.is_for(&Subject::Group), context.is_empty());
    }

    /// More tags never make an action irrelevant, more tag-sets neither.
    #[test]
    fn relevance_grows(context in contexts(), more in tags(), tags in tags(), extra in tags()) {
        let few = mapping(&tags);
        let mut many = mapping(&extra);
        many.extend_from(&few);
        let action = with("a", &context);
        prop_assert!(!action.is_for_tags(&few) || action.is_for_tags(&many));
        let wider = with("a", &[context.as_slice(), &[more]].concat());
        prop_assert!(!action.is_for_tags(&few) || wider.is_for_tags(&few));
    }

    /// A menu has every relevant name once, in order; and `find` finds what the menu has unless it is ambiguous.
    #[test]
    fn menus_are_in_order(actions in vec(("[pqr]", contexts()), 0..6), tags in proptest::option::of(tags())) {
        let document = document(actions.iter().map(|(name, context)| with(name, context)).collect());
        let definition = map! { "tags" => mapping(&tags.clone().unwrap_or_default()) }.into();
        let subject = if tags.is_some() { on(&definition) } else { Subject::Group };
        let (menu, relevant) = (document.menu(&subject), document.relevant(&subject));
        let mut firsts = names(&relevant);
        let mut seen = std::collections::BTreeSet::new();
        firsts.retain(|name| seen.insert(name.clone()));
        prop_assert_eq!(names(&menu), firsts);
        for name in ["p", "q", "r"] {
            let count = names(&relevant).iter().filter(|known| *known == name).count();
            match document.find(name, &subject) {
                Ok(found) => {
                    prop_assert_eq!(count, 1);
                    prop_assert!(menu.iter().any(|action| std::ptr::eq(*action, found)));
                }
                Err(FindError::Several { titles, .. }) => prop_assert_eq!(titles.len(), count),
                Err(_) => prop_assert_eq!(count, 0),
            }
        }
    }

    /// Overlaps are exactly the pairs of which a task can have both.
    #[test]
    fn overlaps_are_found(one in contexts(), other in contexts()) {
        let document = document(vec![with("p", &one), with("p", &other)]);
        let every: Vec<Option<Map>> = [None, Some(""), Some("x"), Some("y")]
            .iter()
            .flat_map(|a| [None, Some(""), Some("x"), Some("y")].map(|b| {
                let pair = [("a", *a), ("b", b)];
                Some(Map::from_iter(pair.into_iter().filter_map(|(tag, value)| Some((tag.into(), value?)))))
            }))
            .chain([None])
            .collect();
        let is_for = |action: &Action, tags: &Option<Map>| match tags {
            Some(tags) => action.is_for_tags(tags),
            None => action.is_for_group(),
        };
        let [first, second] = &document.actions[..] else { panic!() };
        let both = every.iter().any(|tags| is_for(first, tags) && is_for(second, tags));
        let hidden = every.iter().all(|tags| is_for(first, tags) || !is_for(second, tags));
        let overlaps = document.overlaps();
        prop_assert_eq!(!overlaps.is_empty(), both);
        if let [overlap] = &overlaps[..] {
            prop_assert_eq!(overlap.hidden, hidden);
        }
    }
}
