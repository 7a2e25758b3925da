//! Words, made alike: lower case, no punctuation, contractions opened, numbers as digits, letters as names.

use super::numbers::numbers;

/// Longest text that is understood as one utterance, bytes. Nobody says more in one breath.
pub const LONGEST: usize = 1000;

/// An utterance's words, and where a comma stood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub words: Vec<String>,
    /// For each word, whether a pause was written after it.
    pub pauses: Vec<bool>,
}

impl Said {
    /// A part of it.
    #[must_use]
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            words: self.words.get(range.clone()).unwrap_or_default().to_vec(),
            pauses: self.pauses.get(range).unwrap_or_default().to_vec(),
        }
    }

    /// These words after those of `lead`.
    #[must_use]
    pub fn behind(&self, lead: &str) -> Self {
        let mut all = Self::default();
        for word in lead.split(' ') {
            all.words.push(word.to_owned());
            all.pauses.push(false);
        }
        all.words.extend(self.words.iter().cloned());
        all.pauses.extend(&self.pauses);
        all
    }

    /// "install install firefox" is "install firefox"; `None` where no word was said twice in a row.
    #[must_use]
    pub fn unrepeated(&self) -> Option<Self> {
        let mut smooth = Self::default();
        for (word, pause) in self.words.iter().zip(&self.pauses) {
            let stutter = smooth.words.last() == Some(word) && word.len() > 1 && word.chars().all(char::is_alphabetic);
            if stutter {
                smooth.pauses.pop();
            } else {
                smooth.words.push(word.clone());
            }
            smooth.pauses.push(*pause);
        }
        (smooth.words.len() < self.words.len()).then_some(smooth)
    }
}

/// The mark of a pause among words, until it becomes [`Said::pauses`].
const PAUSE: &str = ",";

/// The words of a text, made alike; `None` where the text is no utterance at all: too long, or with
/// control characters in it.
pub fn said(text: &str) -> Option<Said> {
    let text = text.trim();
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    // What only a shell writes is no utterance, whatever stands around it.
    if text.contains(['$', '`', '|', ';', '<', '>', '{', '}', '\\']) || text.contains("&&") {
        return None;
    }
    let text = text.replace(['\u{2019}', '\u{2018}'], "'");
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let pause = word.ends_with([',', ';', '.', '!', '?', ':']);
        let edge = |c: char| !c.is_alphanumeric() && !"+#_".contains(c);
        // "-3" and "--help" keep their dashes: they are not "3" and "help".
        let word = word.trim_end_matches(edge).trim_start_matches(|c| edge(c) && c != '-');
        // Paths of options and attributes are written with capitals, all else is made alike.
        let word = if is_path(word) { word.to_owned() } else { word.to_lowercase() };
        let word = word.as_str();
        if !word.is_empty() && !FILLERS.contains(&word) {
            let word = unstuttered(word);
            match CONTRACTIONS.iter().find(|(short, _)| *short == word) {
                Some((_, long)) => words.extend(long.split(' ').map(str::to_owned)),
                None => words.push(word.strip_suffix("'s").filter(|_| word.len() > 4).unwrap_or(word).to_owned()),
            }
        }
        if pause && !words.is_empty() {
            words.push(PAUSE.to_owned());
        }
    }
    let mut said = Said::default();
    for word in spelled(numbers(&words)) {
        if word == PAUSE {
            if let Some(last) = said.pauses.last_mut() {
                *last = true;
            }
        } else {
            said.words.push(word);
            said.pauses.push(false);
        }
    }
    Some(said)
}

/// The words alone.
pub fn words(text: &str) -> Option<Vec<String>> {
    said(text).map(|said| said.words)
}

/// Three letters or more in a row are a spelled name: "n, e, o, v, i, m" is "neovim".
fn spelled(words: Vec<String>) -> Vec<String> {
    let letter = |word: &str| word.len() == 1 && word.chars().all(|c| c.is_ascii_alphanumeric());
    let mut done: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    let mut ends_with_pause = false;
    let flush = |run: &mut Vec<String>, pause: &mut bool, done: &mut Vec<String>| {
        let letters = run.iter().filter(|word| word.chars().all(|c| c.is_ascii_alphabetic())).count();
        if run.len() >= SPELLED && letters * 2 >= run.len() {
            done.push(run.concat());
            run.clear();
        } else {
            done.append(run);
        }
        if std::mem::take(pause) {
            done.push(PAUSE.to_owned());
        }
    };
    for word in words {
        if letter(&word) {
            ends_with_pause = false;
            run.push(word);
        } else if word == PAUSE {
            ends_with_pause = true;
            if run.is_empty() {
                flush(&mut run, &mut ends_with_pause, &mut done);
            }
        } else {
            flush(&mut run, &mut ends_with_pause, &mut done);
            done.push(word);
        }
    }
    flush(&mut run, &mut ends_with_pause, &mut done);
    done
}

/// Fewest letters that are taken for a spelled name: two are an abbreviation, or "a" and "i".
const SPELLED: usize = 3;

/// Whether a word has a dot or a slash inside, between letters or digits.
fn is_path(word: &str) -> bool {
    word.split(['.', '/']).count() > 1
}

/// Sounds that people make while they think.
const FILLERS: &[&str] = &["uh", "um", "er", "erm", "ah", "hmm", "uhm", "eh", "uhh", "umm", "hm"];

const CONTRACTIONS: &[(&str, &str)] = &[
    ("what's", "what is"),
    ("whats", "what is"),
    ("which's", "which is"),
    ("who's", "who is"),
    ("when's", "when is"),
    ("where's", "where is"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("let's", "let us"),
    ("i'm", "i am"),
    ("i'd", "i would"),
    ("i've", "i have"),
    ("don't", "do not"),
    ("dont", "do not"),
    ("doesn't", "does not"),
    ("didn't", "did not"),
    ("didnt", "did not"),
    ("can't", "can not"),
    ("won't", "will not"),
    ("isn't", "is not"),
    ("aren't", "are not"),
    ("you're", "you are"),
    ("we're", "we are"),
    ("how's", "how is"),
    ("there's", "there is"),
    ("here's", "here is"),
    ("we've", "we have"),
    ("you've", "you have"),
    ("i'll", "i will"),
    ("you'd", "you would"),
    ("hasn't", "has not"),
    ("haven't", "have not"),
    ("wasn't", "was not"),
    ("shouldn't", "should not"),
    ("wouldn't", "would not"),
    ("couldn't", "could not"),
    ("cannot", "can not"),
    ("cant", "can not"),
    ("isnt", "is not"),
    ("im", "i am"),
    ("ive", "i have"),
    ("wanna", "want to"),
    ("gotta", "have to"),
    ("kinda", "kind of"),
    ("pls", "please"),
    ("plz", "please"),
    ("thx", "thanks"),
    ("ty", "thanks"),
    ("u", "you"),
    ("gonna", "going to"),
    ("gimme", "give me"),
    ("lemme", "let me"),
];

/// `in-in-install` is `install`: a part that the next one begins with is a stutter.
fn unstuttered(word: &str) -> &str {
    let mut rest = word;
    while let Some((first, tail)) = rest.split_once('-') {
        if first.is_empty() || first.len() > 4 || !tail.starts_with(first) {
            break;
        }
        rest = tail;
    }
    rest
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_alike() {
        for (text, want) in [
            ("  Install   Firefox  ", "install firefox"),
            ("What\u{2019}s installed?", "what is installed"),
            ("in-in-install vim", "install vim"),
            ("generation one hundred and seven", "generation 107"),
            ("generation twenty-three", "generation 23"),
            ("two thousand and five", "2005"),
            ("a hundred", "100"),
            ("one two three", "1 2 3"),
            ("um, list generations.", "list generations"),
            ("notepad++ and c#", "notepad++ and c#"),
            ("python3-numpy", "python3-numpy"),
            ("install n, e, o, v, i, m.", "install neovim"),
            ("install v l c", "install vlc"),
            ("delete generations 4, 5 and 6", "delete generations 4 5 and 6"),
            ("generations 4 5 6", "generations 4 5 6"),
            ("the system's age", "the system age"),
        ] {
            assert_eq!(words(text).unwrap().join(" "), want);
        }
    }

    #[test]
    fn what_is_no_utterance_is_refused() {
        assert_eq!(words(&"a ".repeat(1000)), None);
        assert_eq!(words("list\u{0}generations"), None);
        assert_eq!(words("\u{1f600}").unwrap(), Vec::<String>::new());
    }
}
