//! Which lines of two texts differ. Plain functions over plain values, tested natively.

use std::ops::Range;

/// What becomes of a line on the way from the old text to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Removed,
    Added,
}

/// A line of either text or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub fate: Fate,
    /// Its number in the old text, from 1.
    pub old: Option<usize>,
    /// Its number in the new text, from 1.
    pub new: Option<usize>,
    pub text: String,
    /// The bytes of the text that differ from the line in whose place it is, or which takes its place;
    /// none where there is no such line.
    pub part: Range<usize>,
}

/// Most cells of the table by which common lines are found; larger texts are replaced as a whole
/// between their common beginning and end.
const MOST: usize = 9_000_000;

/// The lines of both texts in order, as few of them removed and added as can be.
pub fn diff(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let common = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(common).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(common).count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);

    let mut lines = Vec::with_capacity(old.len().max(new.len()));
    lines.extend((0..head).map(|at| Line {
        fate: Fate::Kept,
        old: Some(at + 1),
        new: Some(at + 1),
        text: old[at].to_owned(),
        part: 0..0,
    }));
    for (old_at, new_at) in steps(&old[head..old_end], &new[head..new_end]) {
        let (old_at, new_at) = (old_at.map(|at| at + head), new_at.map(|at| at + head));
        let (fate, text) = match (old_at, new_at) {
            (Some(at), None) => (Fate::Removed, old[at]),
            (Some(at), Some(_)) => (Fate::Kept, old[at]),
            (None, Some(at)) => (Fate::Added, new[at]),
            (None, None) => continue,
        };
        lines.push(Line {
            fate,
            old: old_at.map(|at| at + 1),
            new: new_at.map(|at| at + 1),
            text: text.to_owned(),
            part: 0..0,
        });
    }
    lines.extend((0..tail).map(|at| Line {
        fate: Fate::Kept,
        old: Some(old_end + at + 1),
        new: Some(new_end + at + 1),
        text: old[old_end + at].to_owned(),
        part: 0..0,
    }));
    compare_replaced(&mut lines);
    lines
}

/// Finds what differs within lines that take one another's place.
fn compare_replaced(lines: &mut [Line]) {
    let mut at = 0;
    while at < lines.len() {
        let length = |from: usize, fate| {
            let same = lines[from..].iter().take_while(|line| line.fate == fate);
            same.count()
        };
        let removed = length(at, Fate::Removed);
        let added = length(at + removed, Fate::Added);
        if removed == added {
            for pair in at..at + removed {
                let (old, new) = parts(&lines[pair].text, &lines[pair + removed].text);
                lines[pair].part = old;
                lines[pair + removed].part = new;
            }
        }
        at += (removed + added).max(1);
    }
}

/// What stands in two texts between their common beginning and their common end.
fn parts(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let bytes =
        |letters: &mut dyn Iterator<Item = char>| letters.map(char::len_utf8).sum::<usize>();
    let head = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let head = bytes(&mut head.map(|(a, _)| a));
    let tail = old[head..].chars().rev().zip(new[head..].chars().rev());
    let tail = bytes(&mut tail.take_while(|(a, b)| a == b).map(|(a, _)| a));
    (head..old.len() - tail, head..new.len() - tail)
}

/// Walks both texts along a longest common subsequence; a line of only one text comes without the
/// other's, removed ones before those added in their place.
fn steps(old: &[&str], new: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > MOST {
        let removed = (0..old.len()).map(|at| (Some(at), None));
        let added = (0..new.len()).map(|at| (None, Some(at)));
        return removed.chain(added).collect();
    }
    // How many lines the ends of the texts from each place on have in common.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            common[at * width + to] = match old[at] == new[to] {
                true => common[(at + 1) * width + to + 1] + 1,
                false => common[(at + 1) * width + to].max(common[at * width + to + 1]),
            };
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut steps = Vec::new();
    while at < old.len() || to < new.len() {
        let both = at < old.len() && to < new.len();
        if both && old[at] == new[to] {
            steps.push((Some(at), Some(to)));
            (at, to) = (at + 1, to + 1);
        } else if to == new.len()
            || both && common[(at + 1) * width + to] >= common[at * width + to + 1]
        {
            steps.push((Some(at), None));
            at += 1;
        } else {
            steps.push((None, Some(to)));
            to += 1;
        }
    }
    steps
}

/// How many lines are added and removed.
pub fn count(lines: &[Line]) -> (usize, usize) {
    let of = |fate| lines.iter().filter(|line| line.fate == fate).count();
    (of(Fate::Added), of(Fate::Removed))
}

/// A stretch of a difference: shown, or kept lines that may be folded away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub lines: Range<usize>,
    pub folded: bool,
}

/// Divides a difference into what has changed, with `around` kept lines on either side, and the rest.
pub fn stretches(lines: &[Line], around: usize) -> Vec<Stretch> {
    let mut near = vec![false; lines.len()];
    for (at, line) in lines.iter().enumerate() {
        if line.fate != Fate::Kept {
            let end = (at + around + 1).min(lines.len());
            near[at.saturating_sub(around)..end].fill(true);
        }
    }
    let mut stretches: Vec<Stretch> = Vec::new();
    for (at, near) in near.into_iter().enumerate() {
        match stretches.last_mut() {
            Some(last) if last.folded != near => last.lines.end = at + 1,
            _ => stretches.push(Stretch {
                lines: at..at + 1,
                folded: !near,
            }),
        }
    }
    stretches
}

/// The lines of a difference side by side: what is removed stands beside what is added in its place.
pub fn sides(lines: &[Line]) -> Vec<(Option<&Line>, Option<&Line>)> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].fate == Fate::Kept {
            rows.push((Some(&lines[at]), Some(&lines[at])));
            at += 1;
            continue;
        }
        let end = lines[at..].iter().position(|line| line.fate == Fate::Kept);
        let end = end.map_or(lines.len(), |length| at + length);
        let mut removed = lines[at..end].iter().filter(|l| l.fate == Fate::Removed);
        let mut added = lines[at..end].iter().filter(|l| l.fate == Fate::Added);
        loop {
            match (removed.next(), added.next()) {
                (None, None) => break,
                row => rows.push(row),
            }
        }
        at = end;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let lines = diff(old, new);
        let told: Vec<String> = lines
            .iter()
            .map(|line| match line.fate {
                Fate::Kept => format!(" {}", line.text),
                Fate::Removed => format!("-{}", line.text),
                Fate::Added => format!("+{}", line.text),
            })
            .collect();
        assert_eq!(told.join("|"), expected, "{old:?} to {new:?}");
        // Whatever is found, both texts can be read out of it, with their numbers.
        for (text, number) in [
            (old, (|line| line.old) as fn(&Line) -> Option<usize>),
            (new, |line| line.new),
        ] {
            let own = lines.iter().filter_map(|line| Some((number(line)?, line)));
            let own: Vec<_> = own.collect();
            assert!(own.iter().enumerate().all(|(at, (n, _))| *n == at + 1));
            let own: Vec<&str> = own.iter().map(|(_, line)| line.text.as_str()).collect();
            assert_eq!(own, text.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn lines_are_kept_removed_and_added() {
        check("", "", "");
        check("a\nb", "a\nb", " a| b");
        check("", "a", "+a");
        check("a", "", "-a");
        check("a\nb\nc", "a\nx\nc", " a|-b|+x| c");
        check("a\nb\nc\nd", "b\nd\ne", "-a| b|-c| d|+e");
        check("a\na\nb", "a\nb", " a|-a| b");
        check("c\nx\nc", "c\nc", " c|-x| c");
        check(
            "a\nb\nc\na\nb\nb\na",
            "c\nb\na\nb\na\nc",
            "-a|-b| c|-a| b|+a| b| a|+c",
        );
    }

    #[test]
    fn what_differs_within_a_line_is_found() {
        let check = |old: &str, new: &str, expected: (&str, &str)| {
            let (before, after) = parts(old, new);
            assert_eq!((&old[before], &new[after]), expected, "{old:?} to {new:?}");
        };
        check("min = 10", "min = 20", ("1", "2"));
        check("aa", "aaa", ("", "a"));
        check("keep = \"é\"", "keep = \"èé\"", ("", "è"));
        let lines = diff("a\nmin = 1\nb", "a\nmin = 2\nb");
        assert_eq!((lines[1].part.clone(), lines[2].part.clone()), (6..7, 6..7));
        // Two lines in the place of one are no pair.
        let lines = diff("min = 1", "min = 2\nmax = 3");
        assert!(lines.iter().all(|line| line.part.is_empty()));
    }

    #[test]
    fn what_is_far_from_a_change_is_folded() {
        let old: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        let mut new = old.clone();
        new[9] = "x".to_owned();
        let lines = diff(&old.join("\n"), &new.join("\n"));
        let parts = stretches(&lines, 2);
        let told: Vec<_> = parts.iter().map(|p| (p.lines.clone(), p.folded)).collect();
        assert_eq!(told, [(0..7, true), (7..13, false), (13..21, true)]);
        assert_eq!(count(&lines), (1, 1));
    }

    #[test]
    fn what_takes_a_place_stands_beside_it() {
        let lines = diff("a\nb\nc\nd", "a\nx\nd");
        let rows = sides(&lines);
        let told: Vec<_> = rows
            .iter()
            .map(|(old, new)| {
                let text = |line: &Option<&Line>| line.map_or("", |line| &line.text).to_owned();
                (text(old), text(new))
            })
            .collect();
        let expected = [("a", "a"), ("b", "x"), ("c", ""), ("d", "d")];
        assert_eq!(
            told,
            expected.map(|(old, new)| (old.to_owned(), new.to_owned()))
        );
    }
}
