//! What the reference printed, for every fixture and every set of its parameters.
//!
//! A test checks the six graphs of one set, and which taskId has which label. fixtures/README.md says what the files are and how the reference was run;
//! here the same is done with this library.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod checkout;
mod diff;
mod expected;
mod generate;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checkout::Shared;

/// A module per fixture and a test per set of parameters, `_` standing for `-` in the names of both.
macro_rules! fixtures {
    ($($fixture:ident: $($set:ident)+;)+) => {
        $(mod $fixture {
            static CHECKOUT: crate::Shared = crate::Shared::new(stringify!($fixture));

            $(#[test]
            fn $set() {
                crate::check(&CHECKOUT, stringify!($set));
            })+
        })+

        const LISTED: &[(&str, &[&str])] = &[$((stringify!($fixture), &[$(stringify!($set)),+])),+];
    };
}

fixtures! {
    cached: cron hg issue_comment level_1 level_2 pull_request pull_request_level_3 pull_request_untrusted push;
    commands: hg only_caches pull_request push push_level_1;
    from_deps: code_review nothing only_chain push;
    hello: pull_request push;
    images: fast issue_comment only_images pull_request pull_request_untrusted push push_level_1 push_level_2;
    keyed: from_checkout other pull_request push push_level_1;
    kinds: level_2 nested_root push root_with_slash without_keys;
    matrix: pull_request push;
    notify: other push push_level_1;
    optimized: push review targets_kept;
    payloads: cron hg pull_request push push_level_1 tag;
    repositories: main old plugins pull_request;
    targets: codereview cron defaults hg issue_comment no_filters nothing nothing_at_all other_project pull_request
        pull_request_untrusted push push_main_like push_refs_heads release tag;
    toolchains: fast issue_comment only_toolchains pull_request push push_level_1;
    yaml: json push;
}

/// The folder of all fixtures.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// What the fixtures are called on disk.
fn on_disk(name: &str) -> String {
    name.replace('_', "-")
}

#[track_caller]
fn check(checkout: &Shared, set: &str) {
    let set = on_disk(set);
    let folder = root().join(checkout.name());
    let checkout = checkout.get();
    let generate = generate::Run::new(&checkout, &folder, &set);
    let full = expected::full(&folder, &set);
    let mut problems = Vec::new();
    let mut compare = |graph: &str, expected: &expected::Printed| {
        let found = generate.print(graph);
        problems.extend(diff::differences(expected, &found).map(|problem| format!("{graph}: {problem}")));
    };
    for graph in ["tasks", "full", "target", "target-graph"] {
        compare(graph, &expected::graph(&folder, &set, graph, &full));
    }
    match expected::optimization_error(&folder, &set) {
        Some(error) => {
            if generate.optimization_error().is_none() {
                problems.push(format!("optimized: the reference fails with {}", error.trim()));
            }
        }
        None => {
            let optimized = expected::graph(&folder, &set, "optimized", &full);
            compare("optimized", &optimized);
            compare("morphed", &expected::graph(&folder, &set, "morphed", &optimized));
            let expected = generate::label_to_taskid(&folder, &set).unwrap();
            if generate.label_to_taskid() != expected {
                problems.push("label-to-taskid differs".to_owned());
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} with {set} differs from the reference\n{}",
        folder.display(),
        problems.join("\n")
    );
}

/// The entries of a folder that `name` gives a name to.
fn names(folder: &Path, name: impl Fn(&Path) -> Option<String>) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.filter_map(|entry| name(&entry.unwrap().path())).collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn every_fixture_and_set_is_listed() {
    let fixtures = names(&root(), |path| path.join("repo").is_dir().then(|| stem(path)));
    let mut sets = BTreeSet::new();
    for fixture in &fixtures {
        let folder = root().join(fixture).join("params");
        let is_set = |path: &Path| matches!(path.extension()?.to_str()?, "yml" | "json").then(|| stem(path));
        sets.extend(names(&folder, is_set).into_iter().map(|set| format!("{fixture}: {set}")));
    }
    let listed = LISTED
        .iter()
        .flat_map(|(fixture, sets)| sets.iter().map(|set| format!("{}: {}", on_disk(fixture), on_disk(set))));
    assert_eq!(listed.collect::<BTreeSet<_>>(), sets);
}

#[test]
fn every_file_is_a_module() {
    let main = include_str!("main.rs");
    let files = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"), |path| Some(stem(path)));
    for file in files.iter().filter(|file| *file != "main") {
        assert!(main.contains(&format!("\nmod {file};\n")), "{file}.rs is not part of the tests");
    }
}
