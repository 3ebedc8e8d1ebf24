//! What is in the URL of a repository.

/// The parts of the URL of a repository that has an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl Names {
    /// The last two parts of a path; a missing one is empty.
    pub(crate) fn of(url: &str) -> Names {
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix(".git").unwrap_or(url);
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            // As ssh has it, or a folder.
            None => url.split_once(':').map_or(url, |(_, path)| path),
        };
        let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
        let name = parts.next().unwrap_or_default().to_owned();
        Names { owner: parts.next().unwrap_or_default().to_owned(), name }
    }

    pub(crate) fn full(&self) -> String {
        match self.owner.is_empty() {
            true => self.name.clone(),
            false => format!("{}/{}", self.owner, self.name),
        }
    }
}

/// A URL without the slashes at its end.
pub(crate) fn trimmed(url: &str) -> &str {
    url.trim_end_matches('/')
}

/// The page of a repository, whatever way to clone it is given.
pub(crate) fn page(url: &str) -> String {
    let url = trimmed(url);
    match url.strip_prefix("git@github.com:").or_else(|| url.strip_prefix("ssh://git@github.com/")) {
        Some(path) => format!("https://github.com/{}", path.strip_suffix(".git").unwrap_or(path)),
        None => url.to_owned(),
    }
}

/// What of a URL is in the names of roles: all but `https://`, as templates cut it off by its length.
pub(crate) fn role_path(url: &str) -> &str {
    url.char_indices().nth(8).map_or("", |(at, _)| &url[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_urls() {
        for (url, full) in [
            ("https://github.com/acme/engine", "acme/engine"),
            ("https://github.com/acme/engine.git/", "acme/engine"),
            ("git@github.com:acme/engine.git", "acme/engine"),
            ("ssh://git@github.com/acme/engine.git", "acme/engine"),
            ("https://hg.mozilla.org/releases/mozilla-beta", "releases/mozilla-beta"),
            ("https://hg.mozilla.org/mozilla-central", "mozilla-central"),
            ("/home/me/engine", "me/engine"),
            ("https://github.com", ""),
            ("", ""),
        ] {
            assert_eq!(Names::of(url).full(), full, "{url}");
        }
        assert_eq!(page("git@github.com:acme/engine.git"), "https://github.com/acme/engine");
        assert_eq!(page("https://github.com/acme/engine/"), "https://github.com/acme/engine");
        assert_eq!(role_path("https://github.com/acme/engine"), "github.com/acme/engine");
        assert_eq!(role_path("/short"), "");
    }
}
