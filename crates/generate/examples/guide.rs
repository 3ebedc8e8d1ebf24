//! Generates the project that docs/writing-kinds.md builds, so that the page cannot be wrong about it.
//!
//! `cargo run -p taskgraph-generate --example guide` prints the labels of all its tasks.

use std::error::Error;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::Command;

use taskgraph_config::{GraphConfig, Parameters};
use taskgraph_generate::{Generator, registry};
use taskgraph_kinds::{Environment, Session};
use taskgraph_value::map;

const PAGE: &str = include_str!("../../../docs/writing-kinds.md");

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let generator = generator(folder.path())?;
    let mut out = stdout().lock();
    for label in generator.full_task_graph()?.graph().nodes() {
        writeln!(out, "{label}")?;
    }
    Ok(())
}

/// The files of the page: blocks whose first line is a comment with a path.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("\n```").skip(1).step_by(2).filter_map(|block| {
        let (_, text) = block.split_once('\n')?;
        let path = text.lines().next()?.strip_prefix("# ")?;
        path.starts_with("taskcluster/").then_some((path, text))
    })
}

/// Writes the files into a git repository of their own, which toolchains need, and sets up a generator.
fn generator(folder: &Path) -> Result<Generator, Box<dyn Error>> {
    for (path, text) in files() {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, format!("{text}\n"))?;
    }
    let identity =
        ["-c", "user.name=Guide", "-c", "user.email=guide@example.com", "-c", "commit.gpgSign=false"];
    for args in [&["init", "-q"][..], &["add", "--all"], &["commit", "-q", "-m", "The guide"]] {
        let status = Command::new("git").args(identity).args(args).current_dir(folder).status()?;
        if !status.success() {
            return Err(format!("git {args:?} ended with {status}").into());
        }
    }
    let config = GraphConfig::load("taskcluster".as_ref(), folder)?;
    let parameters = map! {
        "base_repository" => "https://github.com/example/shop", "build_date" => 1_700_000_000,
        "enable_always_target" => true, "files_changed" => vec![], "head_ref" => "main",
        "head_repository" => "https://github.com/example/shop", "head_rev" => "abcdef", "level" => "3",
        "moz_build_date" => "20231114221320", "owner" => "dev@example.com", "project" => "shop", "pushlog_id" => "0",
        "repository_type" => "git", "target_tasks_method" => "default", "tasks_for" => "github-push",
        "version" => "1.0",
    };
    let environment =
        Environment::new([("TASKCLUSTER_ROOT_URL".to_owned(), "https://tc.example.com".to_owned())]);
    let parameters = Parameters::from_values(parameters, false);
    Ok(Generator::new(Session::new(config, parameters, registry().into(), environment, folder.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_right() {
        let folder = tempfile::tempdir().unwrap();
        let generator = generator(folder.path()).unwrap();
        let full = match generator.full_task_graph() {
            Ok(full) => full,
            Err(error) => panic!("{error}"),
        };
        let labels: Vec<&str> = full.graph().nodes().map(|label| label.as_str()).collect();
        for expected in [
            "lint-shell",
            "lint-format",
            "build-linux-opt",
            "build-linux-debug",
            "build-mac-opt",
            "test-linux-opt-unit-1",
            "test-mac-opt-ui-2",
            "toolchain-gcc",
            "docker-image-base",
            "fetch-gcc-source",
            "publish-linux-opt",
            "report-review",
        ] {
            assert!(labels.contains(&expected), "no {expected} in {labels:?}");
        }
        assert_eq!(labels.iter().filter(|label| label.starts_with("build-")).count(), 3);
        assert_eq!(full.get("build-mac-opt").unwrap().description, "Build 1.0 for mac");
        let test = full.get("test-linux-opt-unit-1").unwrap();
        assert_eq!(test.description, "Test linux-opt-unit, chunk 1");
        assert_eq!(full.get("report-review").unwrap().soft_dependencies.len(), 2);
        assert!(generator.target_task_graph().unwrap().get("publish-linux-opt").is_none());
    }
}
