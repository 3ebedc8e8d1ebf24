//! Goldens: what the reference prints for the repositories under `fixtures/`.
//!
//! Start at [`run`]. fixtures/README.md says what the files are.

mod goldens;
mod provenance;
pub(crate) mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use taskgraph_checkouts::{Push, copy_tree, create};

use provenance::Provenance;
use reference::{Job, ParameterSet};

pub(crate) use goldens::split;
pub(crate) use reference::Reference;

/// Files by their path relative to the workspace, with `/` between parts.
type Files = BTreeMap<String, Vec<u8>>;

/// Handles `cargo xtask fixtures <args>`.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let options = Options::parse(args)?;
    let root = crate::workspace().join("fixtures");
    let fixtures = select(&root, &options.names)?;

    let reference = Reference::install(&crate::target_dir())?;
    let mut generated = Files::new();
    let mut provenance = Provenance::default();
    for fixture in &fixtures {
        let goldens = generate(&root, fixture, &reference, options.hash_seed, &mut provenance)
            .with_context(|| format!("in fixture {fixture}"))?;
        generated.extend(goldens);
    }

    let committed = fs::read_to_string(root.join(provenance::FILE)).unwrap_or_default();
    let provenance = provenance.render(&committed, &fixture_names(&root)?, options.check);
    generated.insert(format!("fixtures/{}", provenance::FILE), provenance.into_bytes());
    if options.names.is_empty() {
        generated.insert(YAML_TABLE.to_owned(), reference.print(YAML_TABLE_SCRIPT)?);
    }

    let workspace = crate::workspace();
    let stale = stale(&workspace, &fixtures, &generated)?;
    if options.check { Ok(report(&stale)) } else { write(&workspace, &stale, &generated) }
}

/// What the reference reads from many short YAML texts, and the script that prints it.
const YAML_TABLE: &str = "crates/config/tests/data/yaml11.tsv";
const YAML_TABLE_SCRIPT: &str = include_str!("fixtures/yaml_table.py");

/// What the reference's documents of actions have in common.
const PLAIN_ACTIONS: &str = "fixtures/actions.json";

/// What to do, from the command line.
struct Options {
    check: bool,
    hash_seed: u32,
    names: BTreeSet<String>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self { check: false, hash_seed: 0, names: BTreeSet::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--check" => options.check = true,
                "--hash-seed" => {
                    let seed = args.next().context("--hash-seed needs a number")?;
                    options.hash_seed = seed.parse().with_context(|| format!("--hash-seed {seed}"))?;
                }
                flag if flag.starts_with('-') => bail!("unknown option {flag}"),
                name => _ = options.names.insert(name.to_owned()),
            }
        }
        Ok(options)
    }
}

/// All folders below `root` which hold a repository, sorted.
fn fixture_names(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root).with_context(|| format!("reading {}", root.display()))? {
        let entry = entry?;
        if entry.path().join("repo").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The fixtures asked for by name, or all of them.
fn select(root: &Path, names: &BTreeSet<String>) -> Result<Vec<String>> {
    let all = fixture_names(root)?;
    if let Some(unknown) = names.iter().find(|&name| !all.contains(name)) {
        bail!("no fixture {unknown}; there are {}", all.join(", "));
    }
    Ok(all.into_iter().filter(|name| names.is_empty() || names.contains(name)).collect())
}

/// Runs the reference over one fixture and returns its goldens.
fn generate(
    root: &Path,
    fixture: &str,
    reference: &Reference,
    hash_seed: u32,
    provenance: &mut Provenance,
) -> Result<Files> {
    let folder = root.join(fixture);
    let scratch = tempfile::Builder::new().prefix("taskgraph-fixture-").tempdir()?;
    let repo = scratch.path().join("repo");
    let out = scratch.path().join("out");
    let commit = create(fixture, &folder, &repo)?;

    let run_task = if folder.join("run-task-of-reference").exists() {
        None
    } else {
        let copy = scratch.path().join("run-task");
        copy_tree(&root.join("run-task"), &copy)?;
        Some(copy)
    };

    let sets = parameter_sets(&folder.join("params"))?;
    let mut pushes = Vec::new();
    for (name, push) in specifications::<Push>(&folder.join("pushes"))? {
        let repo = scratch.path().join("pushes").join(&name);
        let options = create(fixture, &folder, &repo)
            .and_then(|_| push.apply(&repo))
            .with_context(|| format!("making the push {name}"))?;
        pushes.push(json!({"name": name, "repo": repo, "options": options}));
    }
    let mut callbacks = Vec::new();
    for (name, mut callback) in specifications::<Value>(&folder.join("callbacks"))? {
        callback["name"] = name.into();
        callbacks.push(callback);
    }
    let python = reference.run(&Job {
        repo: &repo,
        out: &out,
        run_task: run_task.as_deref(),
        index: &index(&folder)?,
        sets: &sets,
        pushes: &pushes,
        callbacks: &callbacks,
        hash_seed,
    })?;
    provenance.add(fixture, commit, python);

    let mut files = Files::new();
    for set in &sets {
        let expected = format!("fixtures/{fixture}/expected/{}", set.name);
        let printed = goldens::read_printed(&out.join(&set.name))?;
        for (name, content) in goldens::compact(&printed)? {
            files.insert(format!("{expected}/{name}"), content);
        }
        take(&out.join(&set.name).join("kept"), &["json", "error"], &expected, &mut files)?;
    }
    let expected = format!("fixtures/{fixture}/expected-pushes");
    take(&out.join("pushes"), &["yml", "error"], &expected, &mut files)?;
    let expected = format!("fixtures/{fixture}/expected-callbacks");
    for callback in &callbacks {
        let name = format!("{}.json", callback["name"].as_str().unwrap_or_default());
        files.insert(format!("{expected}/{name}"), fs::read(out.join("callbacks").join(&name))?);
    }
    if out.join("actions.json").exists() {
        files.insert(PLAIN_ACTIONS.to_owned(), fs::read(out.join("actions.json"))?);
    }
    Ok(files)
}

/// Takes the files of a folder which need not exist, with these extensions.
fn take(folder: &Path, extensions: &[&str], to: &str, files: &mut Files) -> Result<()> {
    let mut found = Vec::new();
    list(folder, &mut found)?;
    for path in found {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().and_then(|e| e.to_str()).is_some_and(|e| extensions.contains(&e)) {
            files.insert(format!("{to}/{name}"), fs::read(&path)?);
        }
    }
    Ok(())
}

/// The JSON files of a folder which need not exist, by the name of the file, sorted.
fn specifications<T: DeserializeOwned>(folder: &Path) -> Result<Vec<(String, T)>> {
    let mut paths = Vec::new();
    list(folder, &mut paths)?;
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let value = serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?;
        found.push((name, value));
    }
    Ok(found)
}

/// What a fixture's `index.json` says that the index has, by path; nothing without that file.
fn index(folder: &Path) -> Result<Value> {
    let path = folder.join("index.json");
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(json!({})),
        Err(e) => Err(e).with_context(|| format!("reading {}", path.display())),
    }
}

/// The parameter sets in a fixture's `params` folder, sorted by name.
fn parameter_sets(folder: &Path) -> Result<Vec<ParameterSet>> {
    let mut sets = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let spec = entry?.path();
        if !matches!(spec.extension().and_then(|e| e.to_str()), Some("yml" | "json")) {
            continue;
        }
        let name = spec.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let args = match fs::read_to_string(spec.with_extension("args")) {
            Ok(text) => text.split_whitespace().map(str::to_owned).collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e).with_context(|| format!("reading the arguments of {}", spec.display())),
        };
        sets.push(ParameterSet { name, spec, args });
    }
    sets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sets)
}

/// The goldens on disk, and those generated, which are not equal.
fn stale(root: &Path, fixtures: &[String], generated: &Files) -> Result<Vec<String>> {
    let mut paths: BTreeSet<String> = generated.keys().cloned().collect();
    for fixture in fixtures {
        let mut found = Vec::new();
        for folder in ["expected", "expected-pushes", "expected-callbacks"] {
            list(&root.join("fixtures").join(fixture).join(folder), &mut found)?;
        }
        for path in found {
            let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            paths.insert(path);
        }
    }
    Ok(paths
        .into_iter()
        .filter(|path| fs::read(root.join(path)).ok().as_ref() != generated.get(path))
        .collect())
}

/// Collects all files below `folder`, which need not exist.
fn list(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).with_context(|| format!("reading {}", folder.display())),
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() { list(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

/// Tells which goldens are stale and how to refresh them.
fn report(stale: &[String]) -> ExitCode {
    if stale.is_empty() {
        println!("the fixtures are what the reference prints");
        return ExitCode::SUCCESS;
    }
    for path in stale {
        let fixture = path.strip_prefix("fixtures/").and_then(|path| path.split_once('/'));
        let name = fixture.map_or(String::new(), |(fixture, _)| format!(" {fixture}"));
        println!("stale: {path} (refresh with `cargo xtask fixtures{name}`)");
    }
    ExitCode::FAILURE
}

/// Brings the goldens on disk up to date.
fn write(root: &Path, stale: &[String], generated: &Files) -> Result<ExitCode> {
    for path in stale {
        let file = root.join(path);
        let done = match generated.get(path) {
            Some(content) => {
                file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, content))
            }
            None => fs::remove_file(&file),
        };
        done.with_context(|| format!("writing {}", file.display()))?;
        println!("{} {path}", if generated.contains_key(path) { "wrote" } else { "removed" });
    }
    println!("{} files changed", stale.len());
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_set_has_goldens_and_every_golden_a_set() {
        let root = crate::workspace().join("fixtures");
        let fixtures = fixture_names(&root).unwrap();
        assert!(fixtures.len() >= 10);
        for fixture in fixtures {
            let sets: Vec<String> = parameter_sets(&root.join(&fixture).join("params"))
                .unwrap()
                .into_iter()
                .map(|set| set.name)
                .collect();
            let mut golden: Vec<String> = fs::read_dir(root.join(&fixture).join("expected"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            golden.sort();
            assert_eq!(sets, golden, "in {fixture}");
        }
    }

    #[test]
    fn every_push_and_callback_has_a_golden_and_every_golden_one_of_them() {
        let root = crate::workspace().join("fixtures");
        let names = |folder: PathBuf| {
            let mut found = Vec::new();
            list(&folder, &mut found).unwrap();
            found.iter().map(|path| path.file_stem().unwrap().to_owned()).collect::<BTreeSet<_>>()
        };
        let mut count = 0;
        for fixture in fixture_names(&root).unwrap() {
            for what in ["pushes", "callbacks"] {
                let folder = root.join(&fixture);
                let cases = names(folder.join(what));
                assert_eq!(cases, names(folder.join(format!("expected-{what}"))), "{what} of {fixture}");
                count += cases.len();
            }
        }
        assert!(count > 50);
    }

    #[test]
    fn every_kind_says_what_it_covers() {
        let mut files = Vec::new();
        list(&crate::workspace().join("fixtures"), &mut files).unwrap();
        for kind in files.iter().filter(|path| path.ends_with("kind.yml")) {
            assert!(fs::read_to_string(kind).unwrap().starts_with("# "), "{}", kind.display());
        }
    }

    #[test]
    fn options() {
        let parse = |text: &str| Options::parse(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let options = parse("--check a --hash-seed 7 b").unwrap();
        assert!(options.check && options.hash_seed == 7);
        assert_eq!(options.names.into_iter().collect::<Vec<_>>(), ["a", "b"]);
        assert!(parse("--hash-seed").is_err());
        assert!(parse("--cheek").is_err());
    }
}
