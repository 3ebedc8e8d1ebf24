//! Tests of the repository itself: floors, documentation, size of files, what the README promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates, lowest first: each may use only those above it. docs/architecture.md has what they are for.
const FLOORS: [&str; 22] = [
    "taskgraph-value",
    "taskgraph-schema",
    "taskgraph-graph",
    "taskgraph-parameterize",
    "taskgraph-actions",
    "taskgraph-vcs",
    "taskgraph-docker",
    "taskcluster-queue-client",
    "taskcluster-local-cluster",
    "taskcluster-operations",
    "taskgraph-config",
    "taskgraph-chain-of-trust",
    "taskgraph-kinds",
    "taskgraph-optimize",
    "taskgraph-transforms",
    "taskgraph-generate",
    "taskgraph-checkouts",
    "taskgraph-fixtures",
    "taskgraph-decision",
    "taskgraph-action-tasks",
    "taskgraph-release-promotion",
    "taskgraph-cli",
];

/// The only crates that may reach the network; that of the tests only reaches loopback.
const ONLINE: [&str; 9] = [
    "taskcluster-queue-client",
    "taskcluster-local-cluster",
    "taskcluster-operations",
    "taskgraph-chain-of-trust",
    "taskgraph-fixtures",
    "taskgraph-decision",
    "taskgraph-action-tasks",
    "taskgraph-release-promotion",
    "taskgraph-cli",
];

const LONGEST_FILE: usize = 700;

fn read(path: &str) -> String {
    fs::read_to_string(crate::workspace().join(path)).unwrap()
}

/// What a package of the workspace depends on when it is built, by name. Tests may use more.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(crate::workspace());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let needs = |package: &Value| -> BTreeSet<String> {
        let all = package["dependencies"].as_array().unwrap();
        all.iter().filter(|needed| needed["kind"] != "dev").map(|needed| text(needed, "name")).collect()
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "name"), needs(package)))
        .collect()
}

/// The files that git tracks or would add, relative to the workspace.
fn tracked() -> Vec<String> {
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(args).current_dir(crate::workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let files = names.split('\0').filter(|name| !name.is_empty() && crate::workspace().join(name).is_file());
    files.map(str::to_owned).collect()
}

/// The program's own Rust files; a fixture may have some that are only there to be hashed.
fn rust_files() -> Vec<String> {
    tracked().into_iter().filter(|path| path.ends_with(".rs") && !path.starts_with("fixtures/")).collect()
}

#[test]
fn dependencies_point_one_way() {
    let dependencies = dependencies();
    let known: BTreeSet<&str> =
        dependencies.keys().map(String::as_str).filter(|name| *name != "xtask").collect();
    assert_eq!(known, BTreeSet::from(FLOORS), "FLOORS in xtask/src/tidy.rs must list all crates");
    for (at, package) in FLOORS.iter().enumerate() {
        for needed in &dependencies[*package] {
            if let Some(floor) = FLOORS.iter().position(|other| other == needed) {
                assert!(
                    floor < at,
                    "{package} must not use {needed}, which is on the same floor or a higher one"
                );
            }
        }
    }
}

#[test]
fn floors_are_listed_in_their_order() {
    for (file, before) in [("Cargo.toml", "\n"), ("docs/architecture.md", "| `")] {
        let text = read(file);
        let mut last = 0;
        for package in FLOORS.iter().filter(|package| file != "Cargo.toml" || **package != "taskgraph-cli") {
            let short = package.trim_start_matches("taskgraph-").trim_start_matches("taskcluster-");
            let line = if file == "Cargo.toml" {
                format!("{before}{package} = {{ path")
            } else {
                format!("{before}{short}` |")
            };
            let at = text.find(&line).unwrap_or_else(|| panic!("{file} does not list {package}"));
            assert!(at > last, "{package} is not in its place in {file}");
            last = at;
        }
    }
}

#[test]
fn only_tests_use_fixtures() {
    for (package, needed) in dependencies() {
        assert!(!needed.contains("taskgraph-fixtures"), "{package} must not use fixtures but in tests");
        let writes_or_compares = ["xtask", "taskgraph-fixtures"].contains(&package.as_str());
        let checkouts = needed.contains("taskgraph-checkouts");
        assert!(writes_or_compares || !checkouts, "{package} must not use checkouts of fixtures");
    }
}

#[test]
fn planning_stays_offline() {
    let dependencies = dependencies();
    for package in FLOORS.iter().filter(|package| !ONLINE.contains(package)) {
        for client in ["reqwest", "taskcluster-queue-client"] {
            assert!(!dependencies[*package].contains(client), "{package} must not use {client}");
        }
    }
}

#[test]
fn libraries_have_errors_of_their_own() {
    for (package, needed) in dependencies() {
        let may = ["taskgraph-cli", "xtask"].contains(&package.as_str());
        assert!(may || !needed.contains("anyhow"), "{package} must not use anyhow");
    }
}

#[test]
fn files_say_what_they_are_for_and_are_short() {
    for path in rust_files() {
        let text = read(&path);
        assert!(text.starts_with("//! "), "{path} must open with `//! ` and what it is for");
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{path} has {lines} lines; more than {LONGEST_FILE} are hard to enter"
        );
    }
}

#[test]
fn crates_have_a_running_example() {
    for package in FLOORS.iter().filter(|package| **package != "taskgraph-cli") {
        let short = package.trim_start_matches("taskgraph-").trim_start_matches("taskcluster-");
        let path = format!("crates/{short}/src/lib.rs");
        let text = read(&path);
        let docs: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(docs.contains(&"//! ```"), "the documentation of {path} must have an example");
    }
}

#[test]
fn commands_of_the_readme_are_run() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("    cargo ")).collect();
    assert!(commands.len() >= 2, "{commands:?}");
    for command in commands {
        assert!(ci.contains(&format!("cargo {command}")), ".ci/run does not run `cargo {command}`");
    }
}

#[test]
fn links_of_the_documentation_lead_somewhere() {
    let root = crate::workspace();
    for path in tracked().into_iter().filter(|path| path.ends_with(".md") && !path.contains("/repo/")) {
        let folder = root.join(&path).parent().map(Path::to_path_buf).unwrap_or_default();
        for link in links(&read(&path)) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { root.join(&path) } else { folder.join(file) };
            assert!(target.exists(), "{path} links to {link}, which is not there");
            if !anchor.is_empty() {
                assert!(anchors(&target).contains(anchor), "{path} links to {link}, which is no heading");
            }
        }
    }
}

/// The targets of Markdown links that are no addresses.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.contains(' ')).map(str::to_owned).collect()
}

/// The anchors that a Markdown viewer makes of headings.
fn anchors(file: &PathBuf) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let headings =
        text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| -> String {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn nothing_depends_on_this_machine() {
    // In two parts, so that this file does not have them.
    let marks = [["/ro", "ot/"], ["/Us", "ers/"], ["/wo", "rk/"]].map(|parts| parts.concat());
    let root = crate::workspace().canonicalize().unwrap();
    for path in tracked() {
        // Files that are no text have no paths that anybody wrote.
        let Ok(text) = fs::read_to_string(crate::workspace().join(&path)) else { continue };
        assert!(!text.contains(&*root.to_string_lossy()), "{path} has the path of this checkout");
        for mark in &marks {
            // As part of a longer path it means nothing.
            let found = text.match_indices(mark.as_str()).find(|(at, _)| {
                let before = text[..*at].chars().next_back();
                before.is_none_or(|c| !(c.is_alphanumeric() || "}>$._-*/".contains(c)))
            });
            assert!(found.is_none(), "{path} has an absolute path of some machine: {mark}");
        }
    }
}
