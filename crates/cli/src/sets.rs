//! Several sets of parameters: what they are, and working on all of them.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use taskgraph_config::format_spec;

/// The parameter files of a folder, for each specification that is one; the others as they are. Files are sorted by
/// name.
pub(crate) fn expand(specs: &[String], cwd: &Path) -> Result<Vec<String>> {
    let mut expanded = Vec::with_capacity(specs.len());
    for spec in specs {
        let folder = cwd.join(spec);
        if spec.is_empty() || !folder.is_dir() {
            expanded.push(spec.clone());
            continue;
        }
        let cannot = || format!("cannot read the folder of parameters `{spec}`");
        let mut files = Vec::new();
        for entry in folder.read_dir().with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            let suffix = path.extension().and_then(|suffix| suffix.to_str());
            if matches!(suffix, Some("yml" | "json")) && path.is_file() {
                let name = path.file_name().unwrap_or_default();
                let file = Path::new(spec).join(name).into_os_string().into_string();
                files.push(file.map_err(|file| anyhow!("the name of `{}` is not UTF-8", file.display()))?);
            }
        }
        if files.is_empty() {
            bail!("the folder `{spec}` has no parameters: expected files that end in .yml or .json");
        }
        files.sort_unstable();
        expanded.append(&mut files);
    }
    Ok(expanded)
}

/// Short names of the sets.
pub(crate) fn names(specs: &[Option<String>]) -> Vec<String> {
    specs.iter().map(|spec| format_spec(spec.as_deref())).collect()
}

/// How many threads to use if nobody says.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Calls `work` for each number below `count` on `threads` threads, and `done` with the results, in order.
///
/// A thread waits until its result was taken, so that no more results are kept than there are threads.
pub(crate) fn for_each<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    mut done: impl FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..count).map(|_| sync_channel::<T>(0)).unzip();
    let next = AtomicUsize::new(0);
    let (senders, next, work) = (&senders, &next, &work);
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            scope.spawn(move || {
                while let Some((at, sender)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    senders.get(at).map(|sender| (at, sender))
                } {
                    // Nobody listens any more once a result could not be written.
                    if sender.send(work(at)).is_err() {
                        return;
                    }
                }
            });
        }
        // Dropped at the first error, with all receivers behind.
        for (at, receiver) in receivers.into_iter().enumerate() {
            let result = receiver.recv().context("a thread ended too early")?;
            done(at, result)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        for threads in [1, 2, 9] {
            let mut seen = Vec::new();
            for_each(
                5,
                threads,
                |at| at * 2,
                |at, twice| {
                    seen.push((at, twice));
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(seen, [(0, 0), (1, 2), (2, 4), (3, 6), (4, 8)]);
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let result = for_each(100, 2, |at| at, |at, _| if at == 3 { bail!("enough") } else { Ok(()) });
        assert_eq!(result.unwrap_err().to_string(), "enough");
    }

    #[test]
    fn folders_stand_for_their_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("p/nested.yml")).unwrap();
        for file in ["p/b.yml", "p/a.json", "p/c.yaml", "p/.yml"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let specs = ["x.yml", "p", "project=p"].map(str::to_owned);
        assert_eq!(expand(&specs, folder.path()).unwrap(), ["x.yml", "p/a.json", "p/b.yml", "project=p"]);
        let error = expand(&["p/nested.yml".into()], folder.path()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the folder `p/nested.yml` has no parameters: expected files that end in .yml or .json"
        );
    }
}
