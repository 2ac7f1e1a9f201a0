//! Names and what is searched for, brought to one form.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The words of a text with a blank between them, without case, accents and punctuation: `L'Été, 8½` is
/// `l ete 81 2`. Empty where there is neither letter nor digit.
///
/// Few letters after an apostrophe belong to the word before it (`ocean's` is `oceans`), and single letters
/// with points between them are one word (`S.W.A.T.` is `swat`).
pub fn fold(text: &str) -> String {
    let letters = plain(text);
    let mut folded = String::with_capacity(letters.len());
    // What stands directly after the part before, and how many letters that has.
    let (mut between, mut before) = (None, 0);
    for part in letters.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        let after = part[word.len()..].chars().next();
        if word.is_empty() {
            between = None;
            continue;
        }
        let count = word.chars().count();
        let joined = match between {
            Some('\'' | '\u{2019}' | '`' | '\u{b4}') => count <= 2,
            Some('.') => count == 1 && before == 1 && word.chars().all(char::is_alphabetic),
            _ => false,
        };
        if !folded.is_empty() && !joined {
            folded.push(' ');
        }
        folded.push_str(word);
        (between, before) = (after, count);
    }
    folded
}

/// A text in small letters without accents.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
    let small = bare.flat_map(char::to_lowercase);
    let mut plain = String::with_capacity(text.len());
    for letter in small.filter(|c| !is_combining_mark(*c)) {
        match letter {
            // Letters of their own, which people without the keyboard for them write like this.
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            'ł' => plain.push('l'),
            'ς' => plain.push('σ'),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_to_one_form() {
        for (text, folded) in [
            ("Amélie", "amelie"),
            (
                "Le Fabuleux Destin d'Amélie Poulain",
                "le fabuleux destin d amelie poulain",
            ),
            ("WALL·E", "wall e"),
            ("Ocean’s Eleven", "oceans eleven"),
            ("Don't Look Now", "dont look now"),
            ("E.T. the Extra-Terrestrial", "et the extra terrestrial"),
            ("S.W.A.T.", "swat"),
            ("The 3.10 to Yuma", "the 3 10 to yuma"),
            ("Rock 'n' Roll", "rock n roll"),
            ("Łódź Straße Ærø", "lodz strasse aero"),
            ("İstanbul ΟΔΟΣ", "istanbul οδοσ"),
            ("Alien³", "alien3"),
            ("千と千尋の神隠し", "千と千尋の神隠し"),
            ("  M  ", "m"),
            ("*\"()-+<>~@%_'", ""),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
