//! The turns of the dialogue, in words.

use std::time::Duration;

use super::quantity::duration;
use super::table::printable;
use super::words::{join, list, say};
use super::{Announcement, Earcon, Priority};
use crate::command::{Risk, Sounding, Sounds, Verbosity};

/// How many examples, choices or nearest phrases are read aloud: more cannot be kept in mind.
const SPOKEN: usize = 5;

/// One thing that ask-nix says of itself, in answer to a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn<'a> {
    /// A yes-or-no question: the command's preview, and what it can do to the machine.
    Question {
        preview: &'a str,
        risk: Risk,
    },
    /// The same question again, with how long an answer is still waited for.
    QuestionAgain {
        preview: &'a str,
        wait: Duration,
    },
    /// Nobody answered the question.
    NoAnswer,
    /// The user said no.
    Declined,
    /// Nobody is there to say yes: no terminal, and no `--yes`.
    DeclinedUnattended,
    /// It was heard, but not surely.
    ConfirmHeard {
        heard: &'a str,
    },
    /// Several things could be meant.
    Choose {
        question: &'a str,
        choices: &'a [String],
    },
    /// A value is missing; the question is the grammar's.
    AskFor {
        question: &'a str,
    },
    /// The words fit nothing; the nearest phrases, best first.
    NotUnderstood {
        heard: &'a str,
        nearest: &'a [String],
    },
    /// A question is open, and this was no answer to it.
    NoAnswerYet {
        heard: &'a str,
    },
    /// Something else was wanted while a question was open.
    QuestionLeft,
    /// The talk button was used, and there was no speech.
    NotHeard,
    /// Far too many words.
    TooLong,
    /// What can be said, most useful first.
    Help {
        examples: &'a [String],
    },
    NothingToRepeat,
    /// "Previous" at the oldest message.
    NothingBefore,
    /// "Next" at the newest message.
    NothingAfter,
    Copied,
    /// How much is told from now on.
    Telling(Verbosity),
    /// How it sounds from now on.
    Sounding(Sounding),
    NothingToSpell,
    /// A name, letter by letter.
    Spelled {
        name: &'a str,
    },
    Slower,
    Faster,
    Louder,
    Quieter,
    Muted,
    Asleep,
    Awake,
    /// Asked how far it is, while nothing runs.
    NothingAtWork,
    NothingToCancel,
    /// Yes or no, and no question is open.
    NothingToAnswer,
    /// Work was cancelled; `changed` says whether the machine may have been changed.
    Cancelled,
    Stopped,
    /// Words that came while work goes on wait, behind `before` others.
    Later {
        before: usize,
    },
    /// Words that came while work goes on, and as many wait already as may.
    LaterFull,
    Listening,
    /// What the recogniser heard.
    Heard {
        text: &'a str,
    },
    Welcome {
        typed: bool,
    },
    Goodbye,
    /// Something that takes more than a moment has begun.
    Working,
    NoMicrophone,
    MicrophoneLost,
    MicrophoneBack,
    /// A yes was spoken, and a key is needed for this one.
    KeyNeeded,
    /// The settings were changed, and count now.
    SettingsTaken,
    /// A setting was written, and counts from the next start.
    SettingsKept,
    NoSpeaker,
    NoVoice,
    NoNix,
    NotNixos,
    Demo,
    IndexMissing,
    IndexReady {
        packages: u64,
    },
    /// A change was cut short by a kill or a power cut; `said` is what had asked for it.
    Unfinished {
        said: &'a str,
    },
}

/// How a turn of the dialogue is told.
#[must_use]
pub fn dialogue(turn: &Turn) -> Announcement {
    use Priority::{Important, Message, Notification, Text};
    let plain = |text: String, priority| Announcement::message(text).with(priority, None);
    match *turn {
        Turn::Question { preview, risk } => question(preview, risk),
        Turn::QuestionAgain { preview, wait } => {
            asked(say!("question-again", question = as_question(preview), wait = duration(wait)))
        }
        Turn::ConfirmHeard { heard } => asked(say!("confirm-heard", heard = printable(heard))),
        Turn::Choose { question, choices } => choose(question, choices),
        Turn::AskFor { question } => asked(as_question(question)),
        Turn::NotUnderstood { heard, nearest } => not_understood(heard, nearest),
        Turn::NoAnswerYet { heard } => {
            plain(say!("question-no-answer-yet", heard = say!("quoted", text = shortened(&printable(heard)))), Message)
        }
        Turn::QuestionLeft => plain(say!("question-left"), Message),
        Turn::Help { examples } => help(examples),
        Turn::NotHeard => plain(say!("not-heard"), Message).with(Message, Some(Earcon::Failed)),
        Turn::TooLong => plain(say!("too-long"), Message).with(Message, Some(Earcon::Failed)),
        Turn::NoAnswer => plain(say!("question-no-answer"), Message),
        Turn::Declined => plain(say!("declined"), Message),
        Turn::DeclinedUnattended => plain(say!("declined-unattended"), Message),
        Turn::NothingToRepeat => plain(say!("nothing-to-repeat"), Text),
        Turn::NothingBefore => plain(say!("nothing-before"), Text),
        Turn::NothingAfter => plain(say!("nothing-after"), Text),
        Turn::Copied => plain(say!("copied"), Text),
        Turn::Telling(Verbosity::Brief) => plain(say!("telling-brief"), Text),
        Turn::Telling(Verbosity::Normal) => plain(say!("telling-normal"), Text),
        Turn::Telling(Verbosity::Detailed) => plain(say!("telling-detailed"), Text),
        Turn::Sounding(Sounding::Theme(Sounds::Normal)) => plain(say!("sounds-normal"), Text),
        Turn::Sounding(Sounding::Theme(Sounds::Low)) => plain(say!("sounds-low"), Text),
        Turn::Sounding(Sounding::Theme(Sounds::Off)) => plain(say!("sounds-off"), Text),
        Turn::Sounding(Sounding::Only) => plain(say!("sounds-only"), Message),
        Turn::Sounding(Sounding::Words) => plain(say!("sounds-words"), Message),
        Turn::NothingToSpell => plain(say!("nothing-to-spell"), Text),
        Turn::Spelled { name } => plain(say!("spelled", name = printable(name), letters = letters(name)), Message),
        Turn::Slower => plain(say!("slower"), Text),
        Turn::Faster => plain(say!("faster"), Text),
        Turn::Louder => plain(say!("louder"), Text),
        Turn::Quieter => plain(say!("quieter"), Text),
        Turn::Muted => plain(say!("muted"), Message),
        Turn::Asleep => plain(say!("asleep"), Message),
        Turn::Awake => plain(say!("awake"), Message),
        Turn::NothingAtWork => plain(say!("nothing-at-work"), Text),
        Turn::NothingToCancel => plain(say!("nothing-to-cancel"), Text),
        Turn::NothingToAnswer => plain(say!("nothing-to-answer"), Text),
        Turn::Cancelled => plain(say!("cancelled-nothing-changed"), Message),
        // Of the moment, and nothing to hear again.
        Turn::Later { before: 0 } => plain(say!("later"), Text),
        Turn::Later { before } => plain(say!("later-after", count = before), Text),
        Turn::LaterFull => plain(say!("later-full"), Message).with(Message, Some(Earcon::Failed)),
        Turn::Stopped => plain(say!("stopped"), Text),
        Turn::Listening => plain(say!("listening"), Notification).with(Notification, Some(Earcon::Listening)),
        Turn::Heard { text } => plain(say!("heard", text = printable(text)), Notification),
        Turn::Welcome { typed: false } => plain(say!("welcome"), Message),
        Turn::Welcome { typed: true } => plain(say!("welcome-typed"), Message),
        Turn::Goodbye => plain(say!("goodbye"), Text),
        Turn::Working => plain(say!("working"), Notification),
        Turn::NoMicrophone => plain(say!("no-microphone"), Message),
        Turn::MicrophoneLost => plain(say!("microphone-lost"), Important).with(Important, Some(Earcon::Failed)),
        Turn::KeyNeeded => plain(say!("key-needed"), Important).with(Important, None),
        Turn::SettingsKept => plain(say!("settings-kept"), Message),
        Turn::SettingsTaken => plain(say!("settings-taken"), Message),
        Turn::MicrophoneBack => plain(say!("microphone-back"), Message).with(Message, Some(Earcon::Listening)),
        Turn::NoSpeaker => plain(say!("no-speaker"), Message),
        Turn::NoVoice => plain(say!("no-voice"), Message),
        Turn::NoNix => plain(say!("no-nix"), Message),
        Turn::NotNixos => plain(say!("not-nixos"), Message),
        Turn::Demo => plain(say!("demo"), Message),
        Turn::IndexMissing => plain(say!("index-missing"), Message),
        Turn::Unfinished { said } => plain(say!("unfinished", said = printable(said)), Important),
        Turn::IndexReady { packages } => plain(say!("index-ready", count = packages), Message),
    }
}

/// A name letter by letter, in the spelling alphabet of radio and flight (ICAO): spoken letters alone are confused,
/// B with D and P, M with N.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| !c.is_control()).map(|c| match c {
        '-' => "dash".to_owned(),
        '_' => "underscore".to_owned(),
        '.' => "dot".to_owned(),
        '+' => "plus".to_owned(),
        ' ' => "space".to_owned(),
        letter => {
            match (letter.to_ascii_uppercase() as usize).checked_sub('A' as usize).and_then(|at| ALPHABET.get(at)) {
                Some(word) => (*word).to_owned(),
                None => letter.to_uppercase().to_string(),
            }
        }
    });
    letters.collect::<Vec<_>>().join(", ")
}

const ALPHABET: [&str; 26] = [
    "Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliet", "Kilo", "Lima",
    "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey", "X-ray",
    "Yankee", "Zulu",
];

/// A question is never dropped, and its sound says that an answer is wanted.
fn asked(text: String) -> Announcement {
    Announcement::message(text).with(Priority::Message, Some(Earcon::Question))
}

fn question(preview: &str, risk: Risk) -> Announcement {
    let consequence = match risk {
        Risk::Read => say!("question-read"),
        Risk::Undoable => say!("question-undoable"),
        Risk::Destructive => say!("question-destructive"),
    };
    asked(join([as_question(preview), consequence, say!("question-answer")]))
}

/// A preview ("Roll back to generation 106.") as a question ("Roll back to generation 106?").
fn as_question(preview: &str) -> String {
    let preview = printable(preview);
    format!("{}?", preview.trim_end_matches(['.', '?', '!', ' ']))
}

fn choose(question: &str, choices: &[String]) -> Announcement {
    let question = as_question(question);
    let names: Vec<String> = choices.iter().map(|name| printable(name)).collect();
    let numbered: Vec<String> = names
        .iter()
        .zip(1_u64..)
        .map(|(name, number)| say!("choose-item", number = number, name = name.as_str()))
        .collect();
    let text = match (names.as_slice(), numbered.as_slice()) {
        ([], _) => question.clone(),
        ([only], _) => say!("confirm-heard", heard = only.as_str()),
        ([first, second], _) => {
            say!("choose-two", question = question.as_str(), first = first.as_str(), second = second.as_str())
        }
        (_, items) => {
            let shown = items.get(..SPOKEN.min(items.len())).unwrap_or(items);
            let list = match shown {
                [items @ .., last] => say!("choose-or", items = items.join("; "), last = last.as_str()),
                [] => String::new(),
            };
            let more = if items.len() > SPOKEN { say!("choose-more") } else { String::new() };
            join([say!("choose-many", question = question.as_str(), list = list), more])
        }
    };
    let lines = names.iter().zip(1..).map(|(name, number)| format!("{number}. {name}"));
    let mut told = asked(text);
    if names.len() > 1 {
        told.screen = Some(std::iter::once(question).chain(lines).collect::<Vec<_>>().join("\n"));
    }
    told
}

fn not_understood(heard: &str, nearest: &[String]) -> Announcement {
    let heard = printable(heard);
    let first = if heard.is_empty() {
        say!("not-understood-nothing-heard")
    } else {
        // What was heard is repeated, so that a mishearing is told from a phrase that does not exist.
        say!("not-understood", heard = say!("quoted", text = shortened(&heard)))
    };
    let nearest: Vec<String> = nearest.iter().take(3).map(|phrase| say!("quoted", text = printable(phrase))).collect();
    let then = match nearest.as_slice() {
        [] => say!("not-understood-help"),
        [items @ .., last] if !items.is_empty() => {
            say!("not-understood-nearest", list = say!("choose-or", items = items.join(", "), last = last.as_str()))
        }
        [only, ..] => say!("not-understood-nearest", list = only.as_str()),
    };
    Announcement::message(join([first, then])).with(Priority::Message, Some(Earcon::Failed))
}

/// At most twelve words of what was heard.
fn shortened(heard: &str) -> String {
    let first: Vec<&str> = heard.split(' ').take(12).collect();
    let short: String = first.join(" ").chars().take(LONGEST_HEARD).collect();
    if short.len() < heard.len() { format!("{short}\u{2026}") } else { short }
}

/// Characters that are repeated of what was not understood: about six seconds of speech.
const LONGEST_HEARD: usize = 100;

fn help(examples: &[String]) -> Announcement {
    if examples.is_empty() {
        return Announcement::message(say!("help-none"));
    }
    let examples: Vec<String> = examples.iter().map(|example| printable(example)).collect();
    let count = examples.len();
    let shown = SPOKEN.min(count);
    let quoted: Vec<String> =
        examples.iter().take(shown).map(|example| say!("quoted", text = example.as_str())).collect();
    let mut told = vec![say!("help-examples", list = list(&quoted, shown, shown))];
    if count > shown {
        told.push(say!("help-more", shown = shown, count = count));
    }
    told.push(say!("help-always"));
    let mut announcement = Announcement::message(join(told));
    let lines = examples.iter().map(|example| format!("  {example}"));
    announcement.screen = Some(std::iter::once(say!("help-title")).chain(lines).collect::<Vec<_>>().join("\n"));
    announcement
}
