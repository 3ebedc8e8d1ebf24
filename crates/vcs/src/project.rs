//! The name of the project behind the URL of a repository.
//!
//! The Python implementation leaves this to a general parser of repository URLs, which tries a list of patterns
//! made for one forge each and takes the first that fits the URL and the host. Only hg.mozilla.org and github.com
//! count in the end, but patterns made for other forges can fit URLs of the former. Each function here is one
//! pattern; what it accepts, it accepts exactly as that parser does, for a wrong name would end up in the
//! `project` parameter.

const HG_MOZILLA: &str = "hg.mozilla.org";
const GITHUB: [&str; 2] = ["github.com", "gist.github.com"];

/// Returns the last part of the path of a repository's URL, without `.git`.
///
/// `None` where the Python implementation refuses the URL and falls back to an empty project *and* an empty
/// repository: hosts other than hg.mozilla.org and github.com, local paths, paths that name no repository. An
/// empty name (the project is empty but the repository stays) comes from unusual URLs of hg.mozilla.org.
///
/// ```
/// use taskgraph_vcs::project_name;
/// assert_eq!(project_name("https://hg.mozilla.org/projects/nss/").as_deref(), Some("nss"));
/// assert_eq!(project_name("ssh://git@github.com/mozilla/gecko.git").as_deref(), Some("gecko"));
/// assert_eq!(project_name("https://gitlab.com/group/project"), None);
/// assert_eq!(project_name("http://hg.mozilla.org/mozilla-central").as_deref(), Some(""));
/// ```
pub fn project_name(url: &str) -> Option<String> {
    if url.contains('\n') {
        return None;
    }
    let url = url.trim_end_matches('/');
    hgmo(url).or_else(|| github(url)).map(last_part).or_else(|| other_patterns(url))
}

/// The last part of what the parser takes for the path.
fn last_part(path: &str) -> String {
    let path = path.trim_matches(':').trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_matches('/');
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Takes a prefix away whose letters may be capitals.
fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn strip_optional<'a>(text: &'a str, prefix: &str) -> &'a str {
    strip_ignoring_case(text, prefix).unwrap_or(text)
}

/// Splits before the first slash.
fn at_slash(text: &str) -> Option<(&str, &str)> {
    text.find('/').map(|at| text.split_at(at))
}

/// URLs made for hg.mozilla.org; returns the path.
fn hgmo(url: &str) -> Option<&str> {
    hgmo_hg(url).or_else(|| hgmo_https(url)).or_else(|| hgmo_ssh(url))
}

/// `hg://HOST[:TRANSPORT]/A[/B]`, as git-cinnabar writes it.
fn hgmo_hg(url: &str) -> Option<&str> {
    let (host, path) = at_slash(strip_ignoring_case(url, "hg://")?)?;
    let transport = host.strip_prefix(HG_MOZILLA)?;
    let known = ["", ":https", ":ssh"].iter().any(|known| transport.eq_ignore_ascii_case(known));
    (known && one_or_two_parts(&path[1..])).then_some(path)
}

/// `https://HOST/A[/B]`, optionally followed by `/file/...` or `/raw-file/...`, which the path lacks.
fn hgmo_https(url: &str) -> Option<&str> {
    let (host, path) = at_slash(strip_ignoring_case(strip_optional(url, "hg::"), "https://")?)?;
    if host != HG_MOZILLA {
        return None;
    }
    let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).collect();
    let fits = |parts: usize| -> Option<&str> {
        let end = *ends.get(parts)?;
        let (head, tail) = path.split_at(end);
        let complete = tail.is_empty() || page(tail, "/file/") || page(tail, "/raw-file/");
        let slash = usize::from(tail.starts_with("//")); // belongs to the path
        (one_or_two_parts(&head[1..]) && complete).then(|| &path[..end + slash])
    };
    // The parser tries the shortest first part first, and two parts before one.
    let short = path[1..ends.get(1).copied().unwrap_or(path.len())].chars().count() == 1;
    if short { fits(2).or_else(|| fits(1)) } else { fits(1).or_else(|| fits(2)) }
}

/// `ssh://HOST/A[/B]`, or with a colon before the path; no user.
fn hgmo_ssh(url: &str) -> Option<&str> {
    let rest = strip_optional(strip_ignoring_case(strip_optional(url, "hg::"), "ssh")?, "://");
    let path = rest.strip_prefix(HG_MOZILLA).filter(|path| path.starts_with([':', '/']))?;
    one_or_two_parts(&path[1..]).then_some(path)
}

fn one_or_two_parts(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.clone().count() <= 2 && parts.all(|part| !part.is_empty())
}

/// URLs made for github.com; returns the path, `/tree/...` and `/blob/...` included.
fn github(url: &str) -> Option<&str> {
    github_https(url).or_else(|| github_ssh(url)).or_else(|| github_git(url))
}

fn github_https(url: &str) -> Option<&str> {
    let (authority, path) = at_slash(strip_ignoring_case(strip_optional(url, "git+"), "https://")?)?;
    let host = credentials_ends(authority).next().map_or(authority, |end| &authority[end..]);
    (GITHUB.contains(&host) && owner_and_repo(&path[1..])).then_some(path)
}

fn github_ssh(url: &str) -> Option<&str> {
    let rest = ssh_prefixes(url).find_map(|rest| strip_ignoring_case(rest, "git@"))?;
    GITHUB.iter().find_map(|host| {
        let path = rest.strip_prefix(host).filter(|path| path.starts_with([':', '/']))?;
        owner_and_repo(&path[1..]).then_some(path)
    })
}

fn github_git(url: &str) -> Option<&str> {
    let (host, path) = at_slash(strip_ignoring_case(url, "git://")?)?;
    (GITHUB.contains(&host) && owner_and_repo(&path[1..])).then_some(path)
}

/// Whether the path is `OWNER/REPO`, optionally followed by `/tree/...` or `/blob/...`.
fn owner_and_repo(path: &str) -> bool {
    let Some((owner, rest)) = path.split_once('/') else { return false };
    let (repo, tail) = at_slash(rest).unwrap_or((rest, ""));
    let complete = tail.is_empty() || page(tail, "/tree/") || page(tail, "/blob/");
    !owner.is_empty() && !repo.is_empty() && complete
}

/// Whether what follows a repository's path names something in it; the slash between may be doubled.
fn page(tail: &str, kind: &str) -> bool {
    [Some(tail), tail.get(1..)]
        .into_iter()
        .flatten()
        .any(|tail| strip_ignoring_case(tail, kind).is_some_and(|rest| !rest.is_empty()))
}

/// Where the host may begin after `USER:TOKEN@`, the first choice first. Nothing if there are no credentials.
fn credentials_ends(authority: &str) -> impl Iterator<Item = usize> {
    let after_first = authority.chars().next().map_or(0, char::len_utf8);
    let colon = authority[after_first..].find(':').map(|at| at + after_first);
    colon.into_iter().flat_map(move |colon| {
        let after = authority[colon + 1..].match_indices('@').map(move |(at, _)| colon + 1 + at);
        after.filter(move |at| *at > colon + 1 && at + 1 < authority.len()).map(|at| at + 1)
    })
}

/// What follows an optional `ssh` or `git+ssh` and an optional `://`, the longest prefix first.
fn ssh_prefixes(url: &str) -> impl Iterator<Item = &str> {
    let scheme = strip_ignoring_case(strip_optional(url, "git+"), "ssh");
    scheme.into_iter().chain([url]).flat_map(|rest| rest.strip_prefix("://").into_iter().chain([rest]))
}

/// URLs that fit patterns for other forges or for none. The first that fits decides by its host; only those for
/// forges know the path, with those for none the name is empty.
fn other_patterns(url: &str) -> Option<String> {
    if let Some((host, path)) = forge(url) {
        return (host == HG_MOZILLA).then(|| last_part(path));
    }
    (plain_host(url)? == HG_MOZILLA).then(String::new)
}

/// Host and path of `OWNER/[GROUPS/]REPO`, by https, ssh or git; GitHub's own is not for this pattern.
fn forge(url: &str) -> Option<(&str, &str)> {
    let not_github = |(host, _): &(&str, &str)| !GITHUB.contains(host);
    forge_https(url)
        .filter(not_github)
        .or_else(|| forge_ssh(url).filter(not_github))
        .or_else(|| forge_git(url).filter(not_github))
}

fn forge_https(url: &str) -> Option<(&str, &str)> {
    let (authority, path) = at_slash(strip_ignoring_case(strip_optional(url, "git+"), "https://")?)?;
    let host = credentials_ends(authority).chain([0]).find_map(|start| {
        let text = &authority[start..];
        let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        let numeric = port.is_none_or(|port| !port.is_empty() && is_number(port));
        (!host.is_empty() && numeric).then_some(host)
    })?;
    below_an_owner(&path[1..]).then_some((host, path))
}

fn forge_git(url: &str) -> Option<(&str, &str)> {
    let (authority, path) = at_slash(strip_ignoring_case(url, "git://")?)?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    (!host.is_empty() && is_number(port) && below_an_owner(&path[1..])).then_some((host, path))
}

/// `USER@HOST`, an optional colon, an optional port, and the path. Where the rest has no owner, host or port give
/// up characters for one; a host so truncated then is none we know.
fn forge_ssh(url: &str) -> Option<(&str, &str)> {
    for rest in ssh_prefixes(url) {
        let after_first = rest.chars().next().map_or(0, char::len_utf8);
        for (at, _) in rest[after_first..].match_indices('@') {
            let tail = &rest[after_first + at + 1..];
            let longest = tail.find([':', '/']).unwrap_or(tail.len());
            let ends = tail[..longest].char_indices().map(|(at, c)| at + c.len_utf8());
            for end in ends.rev() {
                let (host, rest) = tail.split_at(end);
                let path = rest.strip_prefix(':').and_then(after_port).or_else(|| after_port(rest));
                if let Some(path) = path {
                    return Some((host, path));
                }
            }
        }
    }
    None
}

/// The path after an optional port, if it has an owner; the longest port first.
fn after_port(rest: &str) -> Option<&str> {
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let mut paths = (0..=digits).rev().map(|port| &rest[port..]);
    paths.find(|path| below_an_owner(path.strip_prefix('/').unwrap_or(path)))
}

/// Whether the path is `OWNER/` and anything.
fn below_an_owner(path: &str) -> bool {
    path.split_once('/').is_some_and(|(owner, rest)| !owner.is_empty() && !rest.is_empty())
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The host in `USER@HOST:PATH` or `SCHEME://HOST/PATH`, for any path.
fn plain_host(url: &str) -> Option<&str> {
    let not_github = |host: &&str| !GITHUB.contains(host);
    let by_scheme = |scheme| {
        let (host, path) = at_slash(strip_ignoring_case(url, scheme)?)?;
        (!host.is_empty() && path.len() > 1).then_some(host)
    };
    plain_ssh(url)
        .filter(not_github)
        .or_else(|| ["http://", "https://", "git://"].into_iter().find_map(by_scheme).filter(not_github))
}

fn plain_ssh(url: &str) -> Option<&str> {
    url.rmatch_indices('@').filter(|(at, _)| *at > 0).find_map(|(at, _)| {
        let tail = &url[at + 1..];
        let after_first = tail.chars().next().map_or(0, char::len_utf8);
        let colon = after_first + tail[after_first..].find(':')?;
        let host = &tail[..colon];
        (!host.contains('/') && colon + 1 < tail.len()).then_some(host)
    })
}

#[cfg(test)]
mod tests;
