//! The VOLUME entries of a Dockerfile.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{Error, Problem};

/// Returns the paths named by the `VOLUME` lines of a Dockerfile, several per line allowed.
///
/// `# %ARG` names are not replaced in them.
///
/// # Errors
///
/// When the file cannot be read, when a line uses the JSON array form, or when a path is not UTF-8; the last two
/// name the line.
pub fn volumes(dockerfile: &Path) -> Result<BTreeSet<String>, Error> {
    let bytes = fs::read(dockerfile).map_err(|source| Error::dockerfile_unreadable(dockerfile, source))?;
    let mut found = BTreeSet::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let failed = |problem| Error::at_line(dockerfile, index + 1, problem);
        let Some(rest) = trim(line).strip_prefix(b"VOLUME ") else { continue };
        let rest = trim(rest);
        if rest.starts_with(b"[") {
            return Err(failed(Problem::VolumeArray));
        }
        for volume in rest.split(is_space).filter(|volume| !volume.is_empty()) {
            let volume = std::str::from_utf8(volume).map_err(|_| failed(Problem::NotUtf8))?;
            found.insert(volume.to_owned());
        }
    }
    Ok(found)
}

/// White space as Python's `bytes.split` sees it: `u8::is_ascii_whitespace` and the vertical tab.
fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || *byte == 0x0b
}

fn trim(mut line: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = line
        && is_space(first)
    {
        line = rest;
    }
    while let [rest @ .., last] = line
        && is_space(last)
    {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Dockerfile");
        fs::write(&path, content).unwrap();
        let shown = format!("{}/", folder.path().display());
        volumes(&path).map(Vec::from_iter).map_err(|error| error.to_string().replace(&shown, ""))
    }

    #[test]
    fn collects_every_entry() {
        let text = b"FROM x\nVOLUME /a\n  VOLUME /b /c\t/d\x0b/e \r\nRUN VOLUME /no\nVOLUME\nVOLUME\t/tab\nvolume /no\nVOLUME /a";
        assert_eq!(of(text).unwrap(), ["/a", "/b", "/c", "/d", "/e"]);
        assert_eq!(of(b"VOLUME /a\rVOLUME /b").unwrap(), ["/a", "/b", "VOLUME"]);
        assert_eq!(of(b"").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn names_file_and_line() {
        assert_eq!(
            of(b"FROM x\nVOLUME [\"/a\"]\n").unwrap_err(),
            "Dockerfile:2: array syntax in VOLUME is not supported, write one `VOLUME /path` line per entry"
        );
        assert_eq!(of(b"VOLUME /\xff").unwrap_err(), "Dockerfile:1: not UTF-8");
    }

    #[test]
    fn a_missing_dockerfile_is_named() {
        let error = volumes(Path::new("/nonexistent/Dockerfile")).unwrap_err();
        assert_eq!(error.to_string(), "there is no Dockerfile at `/nonexistent/Dockerfile`");
    }
}
