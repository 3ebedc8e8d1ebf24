//! Names that somebody may have meant.

/// The names nearest to one that is not known, at most three, the nearest first.
pub(crate) fn nearest(name: &str, known: &[String]) -> Vec<String> {
    const LONGEST: usize = 64;
    let length = name.chars().count();
    if length > LONGEST {
        return Vec::new();
    }
    let most = (length / 3).max(1);
    let mut near: Vec<(usize, &String)> = known
        .iter()
        .filter(|other| other.chars().count() <= LONGEST)
        .map(|other| (distance(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// How many characters have to be added, left out or replaced, neighbours that changed places counted as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let known: Vec<String> =
            ["retrigger", "rerun", "cancel", "cancel-all"].iter().map(ToString::to_string).collect();
        assert_eq!(nearest("retriger", &known), ["retrigger"]);
        assert_eq!(nearest("rreun", &known), ["rerun"]);
        assert_eq!(nearest("Cancel", &known), ["cancel"]);
        assert_eq!(nearest("purge-caches", &known), [""; 0]);
        assert_eq!(nearest("", &known), [""; 0]);
    }
}
