//! What is spoken and shown, sentence for sentence: the snapshots are to be read like a script.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use ask_nix::announce::{self, Announcement, Beat, HistoryError, Turn, Verbosity};
use ask_nix::command::{CommandError, CommandName, GenerationNumber, Risk};
use ask_nix::config::{ConfigError, Place};
use ask_nix::fault::Explain;
use ask_nix::nix::read::disk::Space;
use ask_nix::nix::read::garbage::Garbage;
use ask_nix::nix::{Generation, Outcome, Package, Progress, SearchHit, SearchKind, Stage};
use ask_nix::speak::{SpeakError, pronounce};
use jiff::Zoned;

fn now() -> Zoned {
    "2026-11-23T10:30[Europe/Berlin]".parse().unwrap()
}

fn space(paths: u64, bytes: u64, largest: Vec<(String, u64)>) -> Space {
    let garbage = Garbage { paths: paths / 4, bytes: bytes / 4 };
    Space { paths, bytes, largest, garbage, roots: vec![], disk: None, boot: None }
}

fn generation(number: u64, date: &str, current: bool) -> Generation {
    let date: Zoned = format!("{date}[Europe/Berlin]").parse().unwrap();
    Generation {
        number: GenerationNumber::new(number).unwrap(),
        date: date.timestamp(),
        version: Some("25.11.20261120.abc1234".to_owned()),
        kernel: Some("6.12.41".to_owned()),
        revision: None,
        current,
        booted: current,
        specialisations: Vec::new(),
        label: None,
        kept: false,
        path: PathBuf::from("/nix/store/x"),
    }
}

fn system() -> Vec<Generation> {
    let mut all = vec![
        generation(3, "2026-01-05T12:00", false),
        generation(101, "2026-10-02T09:00", false),
        generation(104, "2026-11-09T09:00", false),
        generation(105, "2026-11-16T09:00", false),
        generation(106, "2026-11-20T17:00", false),
        generation(107, "2026-11-22T20:15", true),
    ];
    all[4].label = Some("before-plasma".to_owned());
    all
}

fn hit(attr: &str, kind: SearchKind, version: Option<&str>, description: Option<&str>) -> SearchHit {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    SearchHit { attr: attr.to_owned(), kind, version: owned(version), description: owned(description), score: 1.0 }
}

fn firefox() -> Package {
    Package {
        attr: "firefox".to_owned(),
        pname: "firefox".to_owned(),
        version: Some("152.0.4".to_owned()),
        description: Some("Web browser built from Firefox source tree".to_owned()),
        main_program: Some("firefox".to_owned()),
        homepage: Some("https://www.mozilla.org/en-US/firefox/".to_owned()),
        licence: Some("Mozilla Public License 2.0".to_owned()),
        unfree: false,
        broken: false,
        long_description: None,
    }
}

fn outcomes() -> Vec<(&'static str, Outcome)> {
    let mut rich = generation(106, "2026-11-20T17:00", false);
    rich.label = Some("before-plasma".to_owned());
    rich.revision = Some("0123456789abcdef".to_owned());
    rich.specialisations = vec!["gaming".to_owned(), "travel".to_owned()];
    let mut booted_other = system();
    booted_other[5].booted = false;
    booted_other[4].booted = true;
    let mut bare = generation(1, "2026-11-23T10:29:40", true);
    (bare.version, bare.kernel) = (None, None);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let browsers = vec![
        hit("firefox", SearchKind::Package, Some("152.0.4"), Some("Web browser built from Firefox source tree")),
        hit("chromium", SearchKind::Package, Some("140.0.1"), Some("Open source web browser from Google.")),
        hit("qutebrowser", SearchKind::Program, None, None),
        hit("programs.firefox.enable", SearchKind::Option, None, Some("Whether to enable the Firefox web browser.")),
        hit("epiphany", SearchKind::Package, Some("48.1"), Some("WebKit based web browser for GNOME")),
    ];
    vec![
        ("no generations", Outcome::Generations { generations: vec![] }),
        ("the first generation", Outcome::Generations { generations: vec![bare.clone()] }),
        ("two generations", Outcome::Generations { generations: system().split_off(4) }),
        ("many generations", Outcome::Generations { generations: system() }),
        ("another one was booted", Outcome::Generations { generations: booted_other }),
        (
            "one generation",
            Outcome::Generation {
                generation: rich,
                packages: names(&["firefox", "git", "vim", "ripgrep", "htop"]),
                size: Some(8_240_000_000),
            },
        ),
        ("a bare generation", Outcome::Generation { generation: bare, packages: vec![], size: None }),
        ("nothing found", Outcome::Search { query: "flux capacitor".to_owned(), results: vec![] }),
        ("one found", Outcome::Search { query: "firefox".to_owned(), results: browsers[..1].to_vec() }),
        ("several found", Outcome::Search { query: "web browser".to_owned(), results: browsers }),
        ("described", Outcome::Described { package: firefox() }),
        (
            "described, with warnings",
            Outcome::Described {
                package: Package {
                    attr: "widget".to_owned(),
                    version: None,
                    description: None,
                    main_program: Some("wdg".to_owned()),
                    licence: None,
                    homepage: None,
                    unfree: true,
                    broken: true,
                    long_description: Some("Does one thing.\nDoes it well. And more than that.".to_owned()),
                    ..firefox()
                },
            },
        ),
        (
            "is installed",
            Outcome::IsInstalled { package: "vlc".to_owned(), installed: true, version: Some("3.0.21".to_owned()) },
        ),
        ("is not installed", Outcome::IsInstalled { package: "vlc".to_owned(), installed: false, version: None }),
        ("nothing installed", Outcome::Installed { system: vec![], user: vec![] }),
        ("only one's own", Outcome::Installed { system: vec![], user: names(&["hello-2.12"]) }),
        (
            "installed",
            Outcome::Installed {
                system: names(&["firefox-152.0.4", "git-2.51.0", "vim", "htop", "nano"]),
                user: names(&["hello-2.12"]),
            },
        ),
        ("an empty store", Outcome::Space(Box::new(space(0, 0, vec![])))),
        (
            "space",
            Outcome::Space(Box::new(space(
                48_213,
                62_400_000_000,
                vec![("linux-firmware".to_owned(), 812_000_000), ("llvm".to_owned(), 540_300_000)],
            ))),
        ),
        ("age", Outcome::Age { generation: generation(107, "2026-11-22T20:15", true), seconds: 51_300 }),
        ("a new system", Outcome::Age { generation: generation(107, "2026-11-23T10:29:50", true), seconds: 10 }),
        (
            "rolled back",
            Outcome::RolledBack {
                from: Some(generation(107, "2026-11-22T20:15", false)),
                to: generation(106, "2026-11-20T17:00", true),
                reboot_needed: true,
            },
        ),
        (
            "rolled back from nothing",
            Outcome::RolledBack { from: None, to: generation(106, "2026-11-20T17:00", true), reboot_needed: false },
        ),
    ]
}

/// One announcement in the script: its priority and sound, what is spoken, and what is shown if that differs.
fn script(title: &str, told: &Announcement) -> String {
    let sound = told.earcon.map(|earcon| format!(", {earcon:?}")).unwrap_or_default();
    let mut text = format!("# {title} [{:?}{sound}]\n{}\n", told.priority, told.text);
    for line in told.screen.iter().flat_map(|screen| screen.lines()) {
        writeln!(text, "    | {line}").unwrap();
    }
    text
}

#[test]
fn outcomes_are_told() {
    let tell = |verbosity| {
        let all = outcomes();
        all.iter()
            .map(|(title, outcome)| script(title, &announce::outcome(outcome, &now(), verbosity)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!("outcomes", tell(Verbosity::Normal));
    let spoken = |verbosity| {
        let told = |(title, outcome): &(&str, Outcome)| {
            format!("# {title}\n{}\n", announce::outcome(outcome, &now(), verbosity).text)
        };
        outcomes().iter().map(told).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!("outcomes_brief", spoken(Verbosity::Brief));
    insta::assert_snapshot!("outcomes_detailed", spoken(Verbosity::Detailed));
}

#[test]
fn the_dialogue_is_told() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let near = words(&["list generations", "current generation", "roll back", "what is installed"]);
    let many = words(&["firefox", "firefox-esr", "firefox-beta", "firefoxpwa", "firejail"]);
    let preview = "Roll back to generation 106, from 3 days ago.";
    let turns = [
        Turn::Question { preview, risk: Risk::Undoable },
        Turn::Question { preview: "Delete 12 old generations", risk: Risk::Destructive },
        Turn::Question { preview, risk: Risk::Read },
        Turn::QuestionAgain { preview, wait: Duration::from_secs(20) },
        Turn::NoAnswer,
        Turn::Declined,
        Turn::DeclinedUnattended,
        Turn::ConfirmHeard { heard: "install vlc" },
        Turn::Choose { question: "Which one do you mean", choices: &many[..2] },
        Turn::Choose { question: "Which one do you mean?", choices: &many },
        Turn::Choose { question: "Which one", choices: &many[..1] },
        Turn::AskFor { question: "Which package" },
        Turn::NotUnderstood { heard: "list the gin narrations", nearest: &near },
        Turn::NotUnderstood {
            heard: "one two three four five six seven eight nine ten eleven twelve thirteen",
            nearest: &near[..1],
        },
        Turn::NotUnderstood { heard: "", nearest: &[] },
        Turn::NotHeard,
        Turn::TooLong,
        Turn::Help { examples: &near[..2] },
        Turn::Help { examples: &[near.clone(), many.clone()].concat() },
        Turn::Help { examples: &[] },
        Turn::NothingToRepeat,
        Turn::NothingToCancel,
        Turn::NothingToAnswer,
        Turn::Cancelled,
        Turn::Stopped,
        Turn::Listening,
        Turn::Heard { text: "list generations" },
        Turn::Welcome { typed: false },
        Turn::Welcome { typed: true },
        Turn::Goodbye,
        Turn::Working,
        Turn::NoMicrophone,
        Turn::MicrophoneLost,
        Turn::MicrophoneBack,
        Turn::NoSpeaker,
        Turn::NoVoice,
        Turn::NoNix,
        Turn::NotNixos,
        Turn::Demo,
        Turn::IndexMissing,
        Turn::IndexReady { packages: 79_503 },
    ];
    let told: Vec<String> = turns
        .iter()
        .map(|turn| {
            let title = format!("{turn:?}");
            script(title.split([' ', '{']).next().unwrap(), &announce::dialogue(turn))
        })
        .collect();
    insta::assert_snapshot!("dialogue", told.join("\n"));
}

#[test]
fn progress_is_told() {
    let at = |stage, done, expected, at: Option<&str>| Progress {
        done,
        expected,
        at: at.map(str::to_owned),
        ..Progress::of(stage)
    };
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let stages = [
        at(Stage::Waiting, 0, 0, None),
        at(Stage::Evaluating, 0, 0, None),
        at(Stage::Downloading, 0, 0, None),
        at(Stage::Downloading, 1, 1, None),
        at(Stage::Downloading, 3, 42, None),
        at(Stage::Building, 0, 1, None),
        at(Stage::Building, 2, 14, Some("firefox-152.0.4")),
        at(Stage::Activating, 0, 0, None),
        at(Stage::Indexing, 0, 0, None),
        at(Stage::Indexing, 20_000, 79_503, None),
    ];
    let mut told: Vec<String> = stages
        .iter()
        .map(|progress| script(&format!("{:?}", progress.stage), &announce::progress(progress, Beat::Stage)))
        .collect();
    for beat in [
        Beat::Start { left: Some(minutes(4)) },
        Beat::Percent { percent: 30, left: Some(minutes(1)) },
        Beat::Percent { percent: 50, left: None },
        Beat::Estimate { left: minutes(200) },
        Beat::Heartbeat { elapsed: minutes(2) },
        Beat::Finished,
    ] {
        told.push(script(&format!("{beat:?}"), &announce::progress(&stages[6], beat)));
    }
    told.push(script("nothing known", &announce::progress(&stages[1], Beat::Heartbeat { elapsed: minutes(2) })));
    insta::assert_snapshot!("progress", told.join("\n"));
}

#[test]
fn errors_are_told() {
    let path = || PathBuf::from("/home/anna/file");
    let sql = || rusqlite::Error::InvalidQuery;
    let io = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let owned = str::to_owned;
    let errors: Vec<(&str, Box<dyn Explain>)> = vec![
        ("command", Box::new(CommandError::PackageName(owned("rm -rf")))),
        ("command", Box::new(CommandError::Query(String::new()))),
        ("command", Box::new(CommandError::Generation(owned("zero")))),
        ("command", Box::new(CommandError::UnknownCommand(owned("dance")))),
        ("command", Box::new(CommandError::MissingSlot { command: CommandName::Describe, slot: "package" })),
        ("config", Box::new(ConfigError::Unreadable { path: path(), reason: owned("permission denied") })),
        (
            "config",
            Box::new(ConfigError::Syntax {
                place: Place::File { path: path(), line: 3, column: 1 },
                reason: owned("invalid string"),
            }),
        ),
        ("config", Box::new(ConfigError::Unwritable { path: path(), reason: owned("permission denied") })),
        (
            "config",
            Box::new(ConfigError::UnknownKey {
                place: Place::Variable(owned("ASK_NIX_VOICE__RAET")),
                key: owned("voice.raet"),
                nearest: Some("voice.rate"),
            }),
        ),
        (
            "config",
            Box::new(ConfigError::Value {
                place: Place::Flag,
                key: "voice.rate",
                value: owned("9"),
                allowed: owned("a number from 0.5 to 3"),
            }),
        ),
        ("config", Box::new(ConfigError::NoHome)),
        ("history", Box::new(HistoryError::Open { path: path(), source: sql() })),
        ("history", Box::new(HistoryError::Folder { path: path(), source: io() })),
        ("history", Box::new(HistoryError::Use(sql()))),
        ("speak", Box::new(SpeakError::Missing { what: "voice", path: path() })),
        ("speak", Box::new(SpeakError::Voice { path: path(), reason: owned("x") })),
        ("speak", Box::new(SpeakError::Runtime { path: path(), reason: owned("x") })),
        ("speak", Box::new(SpeakError::EspeakData { looked: vec![] })),
        ("speak", Box::new(SpeakError::Language(owned("tlh")))),
        ("speak", Box::new(SpeakError::Synthesis(owned("x")))),
        ("speak", Box::new(SpeakError::Stopped)),
    ];
    let told: Vec<String> = errors.iter().map(|(room, error)| script(room, &announce::fault(&error.fault()))).collect();
    insta::assert_snapshot!("errors", told.join("\n"));
}

/// The sentences as the voice reads them.
#[test]
fn sentences_are_pronounced() {
    let read = |(title, outcome): &(&str, Outcome)| {
        format!("# {title}\n{}\n", pronounce(&announce::outcome(outcome, &now(), Verbosity::Detailed).text))
    };
    insta::assert_snapshot!("pronounced", outcomes().iter().map(read).collect::<Vec<_>>().join("\n"));
}

/// Nothing that reads like a log, a program or a template reaches the ear.
#[test]
fn spoken_text_is_sentences() {
    for verbosity in [Verbosity::Brief, Verbosity::Normal, Verbosity::Detailed] {
        for (title, outcome) in outcomes() {
            let text = announce::outcome(&outcome, &now(), verbosity).text;
            assert!(text.ends_with(['.', '?', '!']), "{title}: {text}");
            for bad in ["  ", "{", "}", "..", " .", " ,", "Some(", "None", "/nix/store", "\n"] {
                assert!(!text.contains(bad), "{title}: {bad:?} in {text}");
            }
        }
    }
}
