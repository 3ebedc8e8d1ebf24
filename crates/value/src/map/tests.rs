//! Maps keep their order, share, and answer alike whatever their size.

use super::*;
use crate::text;

#[test]
fn order_is_that_of_first_writing() {
    let mut map = crate::map! { "b" => 1, "a" => 2 };
    map.insert("b".into(), 3.into());
    map.insert("c".into(), 4.into());
    assert_eq!(map.keys().map(Str::as_str).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(map.remove("a"), Some(2.into()));
    assert_eq!(map.keys().map(Str::as_str).collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn a_copy_does_not_see_later_writes() {
    let first = crate::map! { "inner" => crate::map! { "x" => 1 } };
    let mut second = first.clone();
    second.map_mut("inner".into()).insert("x".into(), 2.into());
    assert_eq!(first.get_map("inner").unwrap().get("x"), Some(&1.into()));
    assert_eq!(second.get_map("inner").unwrap().get("x"), Some(&2.into()));
}

#[test]
fn large_maps_answer_as_small_ones_do() {
    let mut map = Map::new();
    for n in 0..100i64 {
        map.insert(n.to_string().into(), n.into());
    }
    for n in (0..100i64).step_by(3) {
        assert_eq!(map.remove(&n.to_string()), Some(n.into()));
    }
    for n in 0..100i64 {
        let expected = (n % 3 != 0).then_some(Value::Int(n));
        assert_eq!(map.get(&n.to_string()), expected.as_ref());
    }
    assert_eq!(Map::from(map.clone().into_iter().collect::<Vec<_>>()), map);
}

/// Keys of all lengths, many of them with one place, in maps of all sizes, looked up among absent ones.
#[test]
fn every_key_is_found_where_it_is_and_no_other() {
    let keys: Vec<String> = (0..100)
        .map(|n: usize| {
            format!("{}{}{}", "k".repeat(n % 3), char::from(b'a' + (n % 26) as u8), "x".repeat(n / 2 % 21))
        })
        .enumerate()
        .map(|(n, key)| if n % 5 == 0 { key + &n.to_string() } else { key })
        .collect();
    let mut map = Map::new();
    let mut expected: Vec<(&str, i64)> = Vec::new();
    let agree = |map: &Map, expected: &[(&str, i64)]| {
        assert_eq!(map.len(), expected.len());
        for key in keys.iter().map(String::as_str).chain(["", "absent", "kk"]) {
            let value = expected.iter().find(|(other, _)| *other == key).map(|(_, value)| Value::Int(*value));
            assert_eq!(map.get(key), value.as_ref(), "{key:?} of {} keys", map.len());
        }
        let list: Vec<_> =
            expected.iter().map(|(key, value)| (Str::from(*key), Value::Int(*value))).collect();
        assert_eq!(map.clone().into_iter().collect::<Vec<_>>(), list);
        assert_eq!(Map::from(list).get(expected.last().map_or("", |(key, _)| key)), map.values().last());
    };
    for (n, key) in keys.iter().enumerate() {
        let n = n as i64;
        map.insert(key.as_str().into(), n.into());
        match expected.iter_mut().find(|(other, _)| other == key) {
            Some((_, value)) => *value = n,
            None => expected.push((key, n)),
        }
        agree(&map, &expected);
    }
    while !expected.is_empty() {
        let (key, value) = expected.remove(expected.len() * 7 / 11);
        assert_eq!(map.remove(key), Some(value.into()));
        agree(&map, &expected);
    }
}

#[test]
fn maps_that_are_the_same_but_for_a_key() {
    let first = crate::map! { "list" => vec![1.into()], "n" => 1, "text" => "x" };
    let mut second = first.clone();
    assert!(second.is(&first));
    second.insert("n".into(), 2.into());
    assert!(!second.is(&first) && second.has_keys_of(&first));
    let but_for = |second: &Map, name: &str| second.is_but_for(&first, |key, _, _| key == name);
    assert!(but_for(&second, "n") && !but_for(&second, "text"));
    second.insert("list".into(), vec![1.into()].into());
    assert!(!but_for(&second, "n"), "an equal list is not the same list");
    second.insert("more".into(), Value::Null);
    assert!(!second.has_keys_of(&first));
}

#[test]
fn a_repeated_key_takes_its_last_value() {
    let map = Map::from(vec![("a".into(), 1.into()), ("b".into(), 2.into()), ("a".into(), 3.into())]);
    assert_eq!(map, crate::map! { "a" => 3, "b" => 2 });
    assert_eq!(map.keys().next().unwrap(), "a");
}

/// Maps that are copies of each other take turns in being changed, so that keys are shared, remembered and parted.
#[test]
fn copies_that_are_changed_by_turns_keep_their_own_keys() {
    let literals = [text!("a"), text!("b"), text!("command"), text!("docker-image"), text!("env")];
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut pairs: Vec<(Map, Vec<(Str, Value)>)> = vec![(Map::new(), Vec::new())];
    for round in 0..5000i64 {
        let (mut map, mut model) = pairs[random(pairs.len())].clone();
        for _ in 0..random(4) {
            match random(if model.len() > 150 { 1 } else { 4 }) {
                3 => {
                    let (more, more_model) = &pairs[random(pairs.len())];
                    map.extend_from(more);
                    for (key, value) in more_model {
                        match model.iter_mut().find(|(other, _)| other == key) {
                            Some((_, known)) => known.clone_from(value),
                            None => model.push((key.clone(), value.clone())),
                        }
                    }
                }
                0 if !model.is_empty() => {
                    let (key, value) = model.remove(random(model.len()));
                    assert_eq!(map.remove(&key), Some(value));
                }
                chosen => {
                    let dynamic = Str::from(format!("label-{}", random(300)));
                    let key = if chosen == 1 { literals[random(literals.len())].clone() } else { dynamic };
                    let known = model.iter_mut().find(|(other, _)| *other == key);
                    let former = map.insert(key.clone(), round.into());
                    assert_eq!(former, known.as_ref().map(|(_, value)| value.clone()));
                    match known {
                        Some((_, value)) => *value = round.into(),
                        None => model.push((key, round.into())),
                    }
                }
            }
        }
        assert_eq!(map.clone().into_iter().collect::<Vec<_>>(), model);
        for (key, value) in &model {
            assert_eq!(map.get(key), Some(value));
        }
        assert_eq!(map.get("absent"), None);
        let mut sorted = Vec::new();
        map.try_for_each_sorted(|key, _| {
            let _: () = sorted.push(key.clone());
            Ok::<_, ()>(())
        })
        .unwrap();
        assert!(sorted.is_sorted() && sorted.len() == model.len());
        match pairs.len() {
            ..20 => pairs.push((map, model)),
            length => pairs[random(length)] = (map, model),
        }
    }
}

#[test]
fn maps_that_are_read_one_after_another_share_their_keys() {
    let read = |keys: &[&str]| -> Map { keys.iter().map(|key| (Str::from(*key), 1)).collect() };
    let keys = |map: &Map| map.0.as_ref().unwrap().keys.clone();
    for list in [&["label"] as &[&str], &["kind", "label", "task"]] {
        let (first, second) = (read(list), read(list));
        assert!(keys(&first).is(&keys(&second)) && !first.is(&second), "{list:?}");
    }
    // The same number of keys, the same first and last.
    let other = read(&["kind", "name", "task"]);
    assert_eq!(other.keys().map(Str::as_str).collect::<Vec<_>>(), ["kind", "name", "task"]);
    let mut changed = other.clone();
    changed.insert("more".into(), 2.into());
    assert_eq!(read(&["kind", "name", "task"]), other);
}

#[test]
fn maps_that_are_changed_alike_share_their_keys() {
    let made = || {
        let mut map = crate::map! { "name" => "n", "run" => 1 };
        map.insert(text!("label"), "l".into());
        map.remove("run");
        map.map_mut(text!("worker")).insert(text!("os"), "linux".into());
        map
    };
    let same = |a: &Map, b: &Map| a.0.as_ref().unwrap().keys.is(&b.0.as_ref().unwrap().keys);
    let (mut first, second) = (made(), made());
    assert!(same(&first, &second) && !first.is(&second));
    assert!(same(first.get_map("worker").unwrap(), second.get_map("worker").unwrap()));
    // The same text, but not a literal: a label, of which there may be any number.
    first.insert(String::from("x").into(), 1.into());
    assert!(
        !same(&first, &second)
            && first.has_keys_of(&{
                let mut other = second.clone();
                other.insert(text!("x"), 2.into());
                other
            })
    );
}
