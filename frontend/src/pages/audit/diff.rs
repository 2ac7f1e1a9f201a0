//! What differs between two texts, word by word or, where there are several lines, line by line.

/// A piece of a text, and in which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// Whether the two are compared by lines.
pub fn by_line(before: &str, after: &str) -> bool {
    before.contains('\n') || after.contains('\n')
}

/// The pieces in order; of what is replaced the old comes first.
pub fn diff<'a>(before: &'a str, after: &'a str) -> Vec<Piece<'a>> {
    let split = |text: &'a str| -> Vec<&'a str> {
        match by_line(before, after) {
            true => text.lines().collect(),
            false => text.split_whitespace().collect(),
        }
    };
    let (old, new) = (split(before), split(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let pairs = old.iter().rev().zip(new.iter().rev());
    let end = pairs.take(rest).take_while(|(a, b)| a == b).count();
    let mut pieces: Vec<Piece> = old[..start]
        .iter()
        .map(|piece| Piece::Same(piece))
        .collect();
    pieces.extend(middle(
        &old[start..old.len() - end],
        &new[start..new.len() - end],
    ));
    pieces.extend(
        old[old.len() - end..]
            .iter()
            .map(|piece| Piece::Same(piece)),
    );
    pieces
}

/// By the longest sequence that both have.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Piece<'a>> {
    // Row by row the length of the longest common sequence of what follows.
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pieces = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            pieces.push(Piece::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]
        {
            pieces.push(Piece::Gone(old[i]));
            i += 1;
        } else {
            pieces.push(Piece::New(new[j]));
            j += 1;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::Piece::{Gone, New, Same};
    use super::*;

    #[test]
    fn words_are_kept_gone_or_new() {
        assert_eq!(
            diff("admin viewer", "admin operator"),
            [Same("admin"), Gone("viewer"), New("operator")]
        );
        assert_eq!(
            diff("a b c", "b c d"),
            [Gone("a"), Same("b"), Same("c"), New("d")]
        );
        assert_eq!(diff("", "a"), [New("a")]);
        assert_eq!(diff("a a", "a"), [Same("a"), Gone("a")]);
    }

    #[test]
    fn lines_are_compared_where_there_are_some() {
        assert_eq!(
            diff("one x\ntwo", "one y\ntwo"),
            [Gone("one x"), New("one y"), Same("two")]
        );
    }

    #[test]
    fn both_texts_can_be_read_from_the_pieces() {
        let (before, after) = ("a b c a b b a", "c b a b a c");
        let pieces = diff(before, after);
        let side = |skip: fn(&Piece) -> bool| -> Vec<&str> {
            pieces
                .iter()
                .filter(|piece| !skip(piece))
                .map(|piece| match piece {
                    Same(text) | Gone(text) | New(text) => *text,
                })
                .collect()
        };
        assert_eq!(side(|p| matches!(p, New(_))).join(" "), before);
        assert_eq!(side(|p| matches!(p, Gone(_))).join(" "), after);
    }
}
