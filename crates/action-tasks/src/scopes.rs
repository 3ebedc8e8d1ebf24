//! Whether an action task may run what it was asked to run.

use taskgraph_value::Value;

use crate::{Call, Error};

/// Fails unless the scopes of the task have the permission of the action, literally. So a hook of another permission,
/// which more people may trigger, cannot be made to run it.
pub(crate) fn check(call: &Call<'_>, permission: &str) -> Result<(), Error> {
    let url = |name| call.parameters.get(name).and_then(Value::as_str).map_or("", |url| url.as_str());
    let scopes =
        |url, kind| roles(url).into_iter().map(move |role| format!("assume:{role}:{kind}:{permission}"));
    let mut expected: Vec<String> = scopes(url("head_repository"), "action").collect();
    expected.extend(scopes(url("base_repository"), "pr-action"));
    let found =
        call.wait(call.cluster.auth().current_scopes()).map_err(|source| Error::CurrentScopes { source })?;
    if expected.iter().any(|scope| found.contains(scope)) { Ok(()) } else { Err(Error::Scopes { expected }) }
}

/// What the role of a repository begins with, without what depends on how its address is written: `repo:<host>/<path>`.
/// For addresses of hosts that are not known, also as the hooks of a deployment write it, which only cut off `https://`.
fn roles(url: &str) -> Vec<String> {
    let url = url.trim_end_matches('/');
    if url.is_empty() {
        return Vec::new();
    }
    let bare = url.strip_prefix("hg::").or(url.strip_prefix("git+")).unwrap_or(url);
    let (scheme, rest) = bare.split_once("://").unwrap_or(("", bare));
    // A user, maybe with a password.
    let end = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let (host, path) = match rest.find(['/', ':']) {
        Some(at) if scheme != "file" => (&rest[..at], rest[at + 1..].trim_start_matches('/')),
        _ => ("", rest),
    };
    let path = path.strip_suffix(".git").unwrap_or(path).trim_matches('/');
    let mut roles =
        vec![if host.is_empty() { format!("repo:{path}") } else { format!("repo:{host}/{path}") }];
    if !matches!(host, "github.com" | "gist.github.com" | "hg.mozilla.org")
        && let Some(cut) = url.strip_prefix("https://").or(url.strip_prefix("file:///"))
    {
        let cut = format!("repo:{cut}");
        if !roles.contains(&cut) {
            roles.push(cut);
        }
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &[&str]) {
        assert_eq!(roles(url), expected, "{url}");
    }

    /// The first is what the reference's `taskcluster_role_prefix` gives.
    #[test]
    fn a_repository_has_one_role_however_it_is_written() {
        for url in [
            "https://github.com/org/repo",
            "https://github.com/org/repo/",
            "https://github.com/org/repo.git",
            "https://user:secret@github.com/org/repo.git",
            "ssh://git@github.com/org/repo",
            "git@github.com:org/repo.git",
            "git+https://github.com/org/repo",
            "git://github.com/org/repo.git",
        ] {
            check(url, &["repo:github.com/org/repo"]);
        }
        check("https://hg.mozilla.org/mozilla-central", &["repo:hg.mozilla.org/mozilla-central"]);
        check("hg::https://hg.mozilla.org/projects/nss-try/", &["repo:hg.mozilla.org/projects/nss-try"]);
        check("ssh://hg.mozilla.org/releases/mozilla-beta", &["repo:hg.mozilla.org/releases/mozilla-beta"]);
    }

    #[test]
    fn other_addresses_have_a_role_too() {
        check("file:///home/me/repo", &["repo:home/me/repo"]);
        check(
            "https://git.example.com/a/b.git",
            &["repo:git.example.com/a/b", "repo:git.example.com/a/b.git"],
        );
        check("", &[]);
        check("é", &["repo:é"]);
    }
}
