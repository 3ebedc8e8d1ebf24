//! What parameters are called: a file, an address, or a task of the cluster.

/// A short name for a specification, e.g. for the names of output files: that of the file without its suffix,
/// `defaults` for none, and specifications of tasks as they are.
///
/// ```
/// use taskgraph_config::format_spec;
/// assert_eq!(format_spec(Some("params/try-1.yml")), "try-1");
/// assert_eq!(format_spec(Some("https://example.com/a/parameters.yml?x=1")), "parameters");
/// assert_eq!(format_spec(Some("project=autoland")), "project=autoland");
/// assert_eq!(format_spec(None), "defaults");
/// ```
pub fn format_spec(spec: Option<&str>) -> String {
    let Some(spec) = spec else { return "defaults".into() };
    if ["task-id=", "project=", "index="].iter().any(|prefix| spec.starts_with(prefix)) {
        return spec.to_owned();
    }
    let path = match url_path(spec) {
        Some(path) => path,
        None => spec.to_owned(),
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let dots = name.len() - name.trim_start_matches('.').len();
    match name[dots..].rfind('.') {
        Some(at) => name[..dots + at].to_owned(),
        None => name.to_owned(),
    }
}

/// The path of an HTTP address, without its parameters, query and fragment.
fn url_path(spec: &str) -> Option<String> {
    let spec: String = spec
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
        .collect();
    let (scheme, rest) = spec.split_once(':')?;
    if !(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
        return None;
    }
    let rest = match rest.strip_prefix("//") {
        Some(rest) => &rest[rest.find(['/', '?', '#']).unwrap_or(rest.len())..],
        None => rest,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let rest = rest.split('?').next().unwrap_or_default();
    let last = rest.rfind('/').unwrap_or(0);
    let end = rest[last..].find(';').map_or(rest.len(), |at| last + at);
    Some(rest[..end].to_owned())
}

/// Where parameters are to be read from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// A task, by its id.
    Task(&'a str),
    /// The latest decision task of a project.
    Project(&'a str),
    /// A task, by its path in the index.
    Index(&'a str),
    /// An address.
    Url(&'a str),
    /// A file by its `file:` address.
    FileUrl(&'a str),
    /// None of these.
    Other,
}

/// What a specification means that is not a file's name.
pub(super) fn source(spec: &str) -> Source<'_> {
    if let Some((kind, value)) = spec.split_once('=') {
        // As in the reference, a second `=` ends the value.
        let value = value.split('=').next().unwrap_or_default();
        match kind {
            "task-id" if !value.is_empty() => return Source::Task(value),
            "project" => return Source::Project(value),
            "index" => return Source::Index(value),
            _ => {}
        }
    }
    let scheme = |name: &str| spec.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    if scheme("http://") || scheme("https://") {
        Source::Url(spec)
    } else if scheme("file://") {
        let rest = &spec["file://".len()..];
        Source::FileUrl(rest.strip_prefix("localhost").unwrap_or(rest))
    } else {
        Source::Other
    }
}
