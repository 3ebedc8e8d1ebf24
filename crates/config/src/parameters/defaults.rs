//! What parameters are when nobody says: those of a push of what is checked out.

use std::path::Path;
use std::thread::ScopedJoinHandle;

use chrono::{DateTime, FixedOffset};
use taskgraph_value::{List, Map, Str, Value, map, text};
use taskgraph_vcs::{Changes, DiffFilter, Error, Repository, project_name};

use super::ParametersError;

/// Adds every parameter that is missing. `preferred` are defaults that win over ours, and may be others.
///
/// The checkout at `repo_root` is asked only if something that it knows is missing. Where there is none, or git
/// refuses to answer, everything that it knows is empty.
pub(super) fn fill(
    values: &mut Map,
    preferred: &Map,
    repo_root: &Path,
    now: &DateTime<FixedOffset>,
) -> Result<(), ParametersError> {
    let wanted = |name: &str| !values.contains_key(name) && !preferred.contains_key(name);
    let checkout = Checkout::ask(repo_root, &wanted)?;
    let version = if wanted("version") { read_version(repo_root)? } else { None };
    let empty = || Value::from(List::new());
    let defaults = map! {
        "base_repository" => &checkout.url,
        "base_ref" => text!(""),
        "base_rev" => text!(""),
        "build_date" => now.timestamp(),
        "build_number" => 1,
        "do_not_optimize" => empty(),
        "enable_always_target" => true,
        "existing_tasks" => Map::new(),
        "files_changed" => checkout.files_changed,
        "filters" => vec![text!("target_tasks_method").into()],
        "head_ref" => if checkout.branch.is_empty() { &checkout.head_rev } else { &checkout.branch },
        "head_repository" => &checkout.url,
        "head_rev" => &checkout.head_rev,
        "head_tag" => text!(""),
        "level" => text!("3"),
        "moz_build_date" => now.format("%Y%m%d%H%M%S").to_string(),
        "next_version" => Value::Null,
        "optimize_strategies" => Value::Null,
        "optimize_target_tasks" => true,
        "owner" => text!("nobody@mozilla.com"),
        "project" => &checkout.project,
        "pushdate" => now.timestamp(),
        "pushlog_id" => text!("0"),
        "repository_type" => &checkout.tool,
        "target_tasks_method" => text!("default"),
        "tasks_for" => text!(""),
        "version" => version,
    };
    for (name, value) in &defaults {
        values.set_default(name.clone(), preferred.get(name).unwrap_or(value).clone());
    }
    for (name, value) in preferred {
        values.set_default(name.clone(), value.clone());
    }
    Ok(())
}

/// The parameter `version`: the first line of `version.txt` in a folder, without white space at its end; nothing if
/// there is no such file.
///
/// Fails if the file cannot be read, or is not UTF-8.
pub fn read_version(folder: &Path) -> Result<Option<Str>, ParametersError> {
    let path = folder.join("version.txt");
    if !path.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(|source| ParametersError::Io { path, source })?;
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    // Python takes four more characters for spaces.
    Ok(Some(line.trim_end_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)).into()))
}

/// What a checkout knows; what was not asked for is empty.
struct Checkout {
    branch: Str,
    head_rev: Str,
    tool: Str,
    files_changed: Value,
    url: Str,
    project: Str,
}

impl Default for Checkout {
    fn default() -> Self {
        let files_changed = List::new().into();
        let [branch, head_rev, url, project] = [const { text!("") }; 4];
        Checkout { branch, head_rev, tool: text!("git"), files_changed, url, project }
    }
}

impl Checkout {
    fn ask(repo_root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Checkout, ParametersError> {
        let url = ["base_repository", "head_repository", "project"].into_iter().any(wanted);
        let files = wanted("files_changed");
        let head_ref = wanted("head_ref");
        if !(url || files || head_ref || wanted("head_rev") || wanted("repository_type")) {
            return Ok(Checkout::default());
        }
        let repository = match Repository::discover(repo_root) {
            Ok(repository) => repository,
            Err(error) => return refused(error).map(|()| Checkout::default()),
        };
        // The revision is asked for in any case: without one there are no defaults from the checkout at all.
        let (head_rev, branch, files_changed, url) = std::thread::scope(|scope| {
            let branch = scope.spawn(|| if head_ref { repository.branch() } else { Ok(None) });
            let files = scope.spawn(|| match files {
                true => repository.changed_files(Changes::Unstaged, DiffFilter::ADDED_OR_MODIFIED),
                false => Ok(Vec::new()),
            });
            let url = scope.spawn(|| if url { repository.url(None) } else { Ok(String::new()) });
            (repository.head_rev(), joined(branch), joined(files), joined(url))
        });
        let (head_rev, branch, files_changed) = match (head_rev, branch, files_changed) {
            (Ok(head_rev), Ok(branch), Ok(files_changed)) => (head_rev, branch, files_changed),
            (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
                return refused(error).map(|()| Checkout::default());
            }
        };
        let url = match url {
            Ok(url) => url,
            Err(error) => refused(error).map(|()| String::new())?,
        };
        // A repository that is hosted elsewhere has neither a name nor an address.
        let (url, project) = match project_name(&url) {
            Some(project) => (url, project),
            None => Default::default(),
        };
        Ok(Checkout {
            branch: branch.unwrap_or_default().into(),
            head_rev: head_rev.into(),
            tool: repository.tool().as_str().into(),
            files_changed: files_changed.into_iter().collect::<List>().into(),
            url: url.into(),
            project: project.into(),
        })
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Whether an error means that there is nothing to know, rather than that something is amiss here.
fn refused(error: Error) -> Result<(), ParametersError> {
    match error {
        Error::NotACheckout { .. } | Error::Failed { .. } | Error::NoRemotes { .. } => Ok(()),
        other => Err(other.into()),
    }
}
