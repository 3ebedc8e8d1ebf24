//! Where results go.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use taskgraph_value::map;

use crate::failure::ReaderGone;

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The standard output.
    Out,
    /// A file, as it was named, and as the machine finds it.
    File { shown: String, path: PathBuf },
}

impl Destination {
    /// A file, relative to a folder, or the standard output for none. Looks whether the file can be there.
    pub(crate) fn new(file: Option<&str>, cwd: &Path) -> Result<Destination> {
        let Some(file) = file.filter(|file| !file.is_empty()) else { return Ok(Destination::Out) };
        let path = cwd.join(file);
        let folder = path.parent().unwrap_or(Path::new("/"));
        if path.is_dir() || file.ends_with('/') {
            bail!("cannot write `{file}`: expected the name of a file, found a folder");
        }
        if !folder.is_dir() {
            let folder = folder.strip_prefix(cwd).unwrap_or(folder);
            bail!("cannot write `{file}`: there is no folder `{}`", folder.display());
        }
        Ok(Destination::File { shown: file.to_owned(), path })
    }

    /// Writes a result. A file has all of it, or stays as it was.
    pub(crate) fn write(
        &self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        match self {
            Destination::Out => write(out).and_then(|()| Ok(out.flush()?)).map_err(|error| {
                let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
                match io.map(io::Error::kind) {
                    Some(io::ErrorKind::BrokenPipe) => anyhow!(ReaderGone),
                    _ => error.context("cannot write the result"),
                }
            }),
            Destination::File { shown, path } => {
                write_file(path, write).with_context(|| format!("cannot write `{shown}`"))
            }
        }
    }
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    // A link stays one: what it leads to is replaced. So does what is no file, such as a pipe.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&path).ok();
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        let mut file = BufWriter::new(File::options().write(true).open(&path)?);
        write(&mut file)?;
        return Ok(file.flush()?);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".taskgraph-");
    let permissions = existing.map(|existing| existing.permissions());
    #[cfg(unix)]
    let permissions = permissions.or_else(|| Some(std::os::unix::fs::PermissionsExt::from_mode(0o666)));
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut file =
        BufWriter::with_capacity(1 << 16, builder.tempfile_in(path.parent().unwrap_or(Path::new("/")))?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(&path)?;
    Ok(())
}

/// Where the results of several parameter sets go, given their names: `template` is filled in with each name as
/// `{params}`. It gets an `_{params}` before its suffix if it has none, unless there is one set only, which is called
/// `defaults` then.
///
/// Fails if two sets would go to one file.
pub(crate) fn destinations(template: Option<&str>, names: &[String], cwd: &Path) -> Result<Vec<Destination>> {
    let Some(template) = template.filter(|template| !template.is_empty()) else {
        return Ok(vec![Destination::Out; names.len()]);
    };
    let fill = |template: &str, name: &str| {
        let filled = taskgraph_parameterize::format(&template.into(), &map! { "params" => name });
        filled.with_context(|| {
            format!("bad name of an output file `{template}`: expected `{{params}}` or no braces")
        })
    };
    if names.len() == 1 {
        return Ok(vec![Destination::new(Some(&fill(template, "defaults")?), cwd)?]);
    }
    let template = if template.contains("{params}") { template.to_owned() } else { with_params(template) };
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut destinations = Vec::with_capacity(names.len());
    for name in names {
        let file = fill(&template, name)?;
        let destination = Destination::new(Some(&file), cwd)?;
        if taken.insert(file.to_string(), name).is_some() {
            bail!("several sets of parameters are called `{name}`, and all would be written to `{file}`");
        }
        destinations.push(destination);
    }
    Ok(destinations)
}

/// `graph.json` becomes `graph_{params}.json`.
fn with_params(template: &str) -> String {
    let name = template.rfind('/').map_or(0, |at| at + 1);
    let dots = template[name..].len() - template[name..].trim_start_matches('.').len();
    let stem = template[name + dots..].rfind('.').map_or(template.len(), |at| name + dots + at);
    format!("{}_{{params}}{}", &template[..stem], &template[stem..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, names: &[&str], expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a.b")).unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found: Vec<String> = match destinations(Some(template), &names, folder.path()) {
            Ok(found) => found
                .into_iter()
                .map(|destination| match destination {
                    Destination::File { shown, .. } => shown,
                    Destination::Out => "out".into(),
                })
                .collect(),
            Err(error) => vec![format!("{error:#}")],
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn names_are_filled_in() {
        check("x.json", &["try"], &["x.json"]);
        check("x-{params}.json", &["try"], &["x-defaults.json"]);
        check("x.json", &["a", "b"], &["x_a.json", "x_b.json"]);
        check("a.b/x", &["a", "b"], &["a.b/x_a", "a.b/x_b"]);
        check("a.b/.x", &["a", "b"], &["a.b/.x_a", "a.b/.x_b"]);
        check("{params:_>3}{params}", &["a", "b"], &["__aa", "__bb"]);
        check("{{{params}}}", &["a", "b"], &["{a}", "{b}"]);
        check("", &["a", "b"], &["out", "out"]);
    }

    #[test]
    fn bad_names_are_said() {
        check(
            "x",
            &["a", "b", "a"],
            &["several sets of parameters are called `a`, and all would be written to `x_a`"],
        );
        check("no/x", &["a"], &["cannot write `no/x`: there is no folder `no`"]);
        check("a.b", &["a"], &["cannot write `a.b`: expected the name of a file, found a folder"]);
    }

    #[test]
    fn a_failed_write_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "old").unwrap();
        let destination = Destination::new(Some("x"), folder.path()).unwrap();
        let failing = |out: &mut dyn Write| {
            out.write_all(b"new")?;
            bail!("no more")
        };
        let error = destination.write(&mut Vec::new(), failing).unwrap_err();
        assert_eq!(format!("{error:#}"), "cannot write `x`: no more");
        assert_eq!(fs::read_to_string(folder.path().join("x")).unwrap(), "old");
        destination.write(&mut Vec::new(), |out| Ok(out.write_all(b"new")?)).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("x")).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
