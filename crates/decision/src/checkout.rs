//! The push that a checkout would be, for decisions on a laptop.

use taskgraph_vcs::{Changes, DiffFilter, Error as VcsError, Repository, VcsTool, project_name};

use crate::{error::Error, push::Push};

impl Push {
    /// The push of what is checked out, changes that nobody has committed included: onto the revision that the remote
    /// has, by nobody, at level 3, which is what graphs are generated for if nobody says. `pushdate` is in seconds
    /// since 1970.
    ///
    /// Tasks have addresses of files, and only for GitHub and hg.mozilla.org it is known what those look like. A
    /// repository that is not from there passes for one called `local/<folder>` there.
    ///
    /// Fails with [`Error::NoCommit`] and [`Error::Vcs`].
    pub fn of_checkout(repository: &Repository, pushdate: i64) -> Result<Push, Error> {
        let (tool, root) = (repository.tool(), repository.root());
        let Some(head_rev) = known(repository.head_rev())? else {
            // Unless git answers nothing at all, as in a checkout of somebody else, and then it says why.
            repository.is_shallow()?;
            return Err(Error::NoCommit { root: root.to_owned() });
        };
        let url = known(repository.remote_name().and_then(|remote| repository.url(Some(&remote))))?;
        let url = url.map(|url| public(&url));
        let named = url.and_then(|url| Some((project_name(&url).filter(|name| !name.is_empty())?, url)));
        let (project, url) = named.unwrap_or_else(|| {
            let folder = plain(&root.file_name().unwrap_or_default().to_string_lossy());
            let host = match tool {
                VcsTool::Git => "github.com",
                VcsTool::Hg => "hg.mozilla.org",
            };
            let url = format!("https://{host}/local/{folder}");
            (folder, url)
        });
        let is_changed = !repository.changed_files(Changes::Uncommitted, DiffFilter::ALL)?.is_empty();
        let base_rev = known(repository.base_rev())?.unwrap_or_default();
        let base_rev = if is_changed { other_than(&head_rev, base_rev, tool) } else { base_rev };
        Ok(Push {
            base_repository: url.clone(),
            base_ref: String::new(),
            base_rev,
            head_ref: known(repository.branch())?.flatten().unwrap_or_else(|| head_rev.clone()),
            head_rev,
            head_tag: String::new(),
            repository_type: tool.as_str().to_owned(),
            owner: "nobody@mozilla.com".to_owned(),
            level: "3".to_owned(),
            project,
            head_repository: url,
            pushlog_id: "0".to_owned(),
            pushdate,
            tasks_for: match tool {
                VcsTool::Git => "github-push",
                VcsTool::Hg => "hg-push",
            }
            .to_owned(),
            target_tasks_method: None,
            optimize_target_tasks: None,
            allow_parameter_override: false,
            try_task_config_file: None,
            local: true,
        })
    }
}

/// A base without commits between it and the head that does not look like the head: a push from a revision to itself is
/// one without changes, to `skip-unless-changed`.
fn other_than(head_rev: &str, base_rev: String, tool: VcsTool) -> String {
    match tool {
        _ if base_rev != head_rev => base_rev,
        VcsTool::Git => String::new(),
        // To Mercurial nothing would be the beginning of time. This is how it shows a revision itself.
        VcsTool::Hg => base_rev.chars().take(12).collect(),
    }
}

/// What the tool knows, if it does.
fn known<T>(answer: Result<T, VcsError>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(VcsError::Failed { .. } | VcsError::NoRemotes { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The address as a deployment has it: by https if that is known to lead there too, without a name and password, because it
/// becomes a part of tasks, and without `.git`.
fn public(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // As `git@github.com:org/repo`.
        None => ("ssh", url.replacen(':', "/", 1)),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let (host, place) = (&rest[start..end], &rest[start..]);
    match (scheme, host) {
        ("https" | "http" | "ssh" | "git", "github.com" | "hg.mozilla.org") => {
            let place = place.trim_end_matches('/');
            format!("https://{}", place.strip_suffix(".git").unwrap_or(place))
        }
        ("https" | "http", _) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

/// A name for a project of a folder, with nothing that addresses, scopes or paths of the index could not have.
fn plain(folder: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
    let name: String = folder.chars().map(allowed).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "repository".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_a_deployment_has_them() {
        for (url, expected) in [
            ("https://me:secret@github.com/o/r", "https://github.com/o/r"),
            ("https://p@ss@github.com/a@b.git", "https://github.com/a@b"),
            ("https://token@git.example.com/o/r.git", "https://git.example.com/o/r.git"),
            ("https://github.com/o/r@2/", "https://github.com/o/r@2"),
            ("git@github.com:o/r.git", "https://github.com/o/r"),
            ("ssh://git@github.com/o/r", "https://github.com/o/r"),
            ("ssh://hg@hg.mozilla.org/x", "https://hg.mozilla.org/x"),
            ("git@git.example.com:o/r", "git@git.example.com:o/r"),
            ("/home/me/repo", "/home/me/repo"),
            ("", ""),
        ] {
            assert_eq!(public(url), expected);
        }
    }

    #[test]
    fn a_base_does_not_look_like_the_head() {
        let (head, base) =
            ("3ec22b8a1a1ea4d2f7c6a8d0f4b2ef0b3a0e7b11", "bbc6ca9b2c6e5bd6d9d0f5dd1e6a23c1d2d4bc1d");
        for (tool, base, expected) in [
            (VcsTool::Git, base, base),
            (VcsTool::Git, head, ""),
            (VcsTool::Hg, base, base),
            (VcsTool::Hg, head, "3ec22b8a1a1e"),
            (VcsTool::Hg, "", ""),
        ] {
            assert_eq!(other_than(head, base.to_owned(), tool), expected);
        }
    }

    #[test]
    fn a_folder_gives_a_name_that_can_be_used_everywhere() {
        for (folder, expected) in [
            ("hello", "hello"),
            ("sp ace", "sp-ace"),
            (".dot", "dot"),
            ("a+b%20c#", "a-b-20c"),
            ("ü", "repository"),
        ] {
            assert_eq!(plain(folder), expected);
        }
    }
}
