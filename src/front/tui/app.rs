//! What the terminal UI knows and how keys change it. Pure: no terminal, no backend, no clock.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::nix::{Generation, SearchHit};

/// Lines of the conversation that are kept on the screen's side; all of them are in the history.
const KEPT: usize = 500;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Talk,
    Generations,
    Search,
    History,
    Settings,
}

impl Screen {
    pub const ALL: [Self; 5] = [Self::Talk, Self::Generations, Self::Search, Self::History, Self::Settings];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Talk => "Talk",
            Self::Generations => "Generations",
            Self::Search => "Search",
            Self::History => "History",
            Self::Settings => "Settings",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Talk => Self::Generations,
            Self::Generations => Self::Search,
            Self::Search => Self::History,
            Self::History => Self::Settings,
            Self::Settings => Self::Talk,
        }
    }
}

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    User,
    Assistant,
}

/// Where the microphone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ear {
    Missing,
    Closed,
    Open,
    Hearing,
}

/// What a key asks of the world outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The user's words, for the assistant.
    Say(String),
    /// Open the microphone for one utterance.
    Listen,
    /// Be silent.
    Hush,
    /// Search while the words are typed.
    Search(String),
    /// The difference between two generations, by their places in the list.
    Compare {
        from: usize,
        to: usize,
    },
    /// The page of the history or of the settings was turned to: what it shows is to be read.
    Read(Screen),
    /// Say something of the history again.
    Again(String),
    /// Set a key of the settings.
    Set {
        key: String,
        value: String,
    },
    Quit,
}

/// One line of a page, with what is told about it beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub about: String,
}

/// The whole state.
#[derive(Debug)]
pub struct App {
    pub screen: Screen,
    pub help: bool,
    pub ear: Ear,
    /// A question is open: yes or no.
    pub asked: bool,
    /// Something is at work.
    pub busy: bool,
    pub lines: Vec<(Who, String)>,
    /// Lines that the conversation is scrolled up.
    pub scroll: usize,
    pub input: String,
    pub generations: Vec<Generation>,
    pub generation: usize,
    /// The generation that the chosen one is compared with, and the words of the comparison.
    pub compared: Option<(usize, String)>,
    pub query: String,
    pub results: Vec<SearchHit>,
    pub result: usize,
    /// How far the work is, in words.
    pub work: Option<String>,
    /// What was said, newest first.
    pub history: Vec<Entry>,
    pub said_before: usize,
    pub settings: Vec<Entry>,
    pub setting: usize,
    /// The new value that is being typed.
    pub value: String,
}

impl App {
    pub fn new(generations: Vec<Generation>, ear: Ear) -> Self {
        let generation = generations.iter().position(|generation| generation.current).unwrap_or_default();
        Self {
            screen: Screen::Talk,
            help: false,
            ear,
            asked: false,
            busy: false,
            lines: Vec::new(),
            scroll: 0,
            input: String::new(),
            generations,
            generation,
            compared: None,
            query: String::new(),
            results: Vec::new(),
            result: 0,
            work: None,
            history: Vec::new(),
            said_before: 0,
            settings: Vec::new(),
            setting: 0,
            value: String::new(),
        }
    }

    pub fn said(&mut self, who: Who, text: &str) {
        let excess = (self.lines.len() + 1).saturating_sub(KEPT);
        self.lines.drain(..excess);
        self.lines.push((who, text.to_owned()));
        self.scroll = 0;
    }

    /// The system has changed: the list of its generations too.
    pub fn renew(&mut self, generations: Vec<Generation>) {
        self.generation = self.generation.min(generations.len().saturating_sub(1));
        self.generations = generations;
        self.compared = None;
    }

    pub fn found(&mut self, query: &str, results: Vec<SearchHit>) {
        // An answer to older words comes too late.
        if query == self.query {
            self.results = results;
            self.result = 0;
        }
    }

    pub fn chosen_generation(&self) -> Option<&Generation> {
        self.generations.get(self.generation)
    }

    pub fn chosen_result(&self) -> Option<&SearchHit> {
        self.results.get(self.result)
    }

    /// What a key does.
    pub fn key(&mut self, key: KeyEvent) -> Option<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'q') if control => return Some(Effect::Quit),
            _ if self.help => {
                self.help = false;
                return None;
            }
            KeyCode::F(1) => self.help = true,
            KeyCode::Char('?') if self.text().is_none_or(|text| text.is_empty()) => self.help = true,
            KeyCode::Tab => {
                self.screen = self.screen.next();
                let reads = matches!(self.screen, Screen::History | Screen::Settings);
                return reads.then_some(Effect::Read(self.screen));
            }
            KeyCode::F(2) => return Some(Effect::Listen),
            KeyCode::Esc => return Some(Effect::Hush),
            KeyCode::Char('u') if control => return self.edit(String::clear),
            KeyCode::Char(c) if self.text().is_some() && !control => return self.edit(|text| text.push(c)),
            KeyCode::Backspace => {
                return self.edit(|text| {
                    let _ = text.pop();
                });
            }
            code => {
                return match self.screen {
                    Screen::Talk => self.talk(code),
                    Screen::Generations => self.browse(code),
                    Screen::Search => self.look(code),
                    Screen::History => self.recall(code),
                    Screen::Settings => self.set(code),
                };
            }
        }
        None
    }

    /// The text that is being typed on this screen.
    fn text(&mut self) -> Option<&mut String> {
        match self.screen {
            Screen::Talk => Some(&mut self.input),
            Screen::Search => Some(&mut self.query),
            Screen::Settings => Some(&mut self.value),
            Screen::Generations | Screen::History => None,
        }
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) -> Option<Effect> {
        change(self.text()?);
        (self.screen == Screen::Search).then(|| Effect::Search(self.query.clone()))
    }

    fn say(&mut self, words: String) -> Effect {
        self.screen = Screen::Talk;
        self.said(Who::User, &words);
        Effect::Say(words)
    }

    fn talk(&mut self, code: KeyCode) -> Option<Effect> {
        match code {
            KeyCode::Enter if self.input.trim().is_empty() => return Some(Effect::Listen),
            KeyCode::Enter => {
                let words = std::mem::take(&mut self.input);
                return Some(self.say(words));
            }
            KeyCode::Up => self.scroll = (self.scroll + 1).min(self.lines.len()),
            KeyCode::PageUp => self.scroll = (self.scroll + 10).min(self.lines.len()),
            KeyCode::Down => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_sub(10),
            _ => {}
        }
        None
    }

    fn browse(&mut self, code: KeyCode) -> Option<Effect> {
        let last = self.generations.len().saturating_sub(1);
        match code {
            // Newest first on the screen.
            KeyCode::Up => self.generation = (self.generation + 1).min(last),
            KeyCode::Down => self.generation = self.generation.saturating_sub(1),
            KeyCode::Char('d') => {
                let current = self.generations.iter().position(|generation| generation.current)?;
                return Some(Effect::Compare { from: current, to: self.generation });
            }
            KeyCode::Char('r') => {
                let number = self.chosen_generation()?.number;
                return Some(self.say(format!("roll back to generation {number}")));
            }
            KeyCode::Enter => {
                let number = self.chosen_generation()?.number;
                return Some(self.say(format!("describe generation {number}")));
            }
            _ => return None,
        }
        self.compared = None;
        None
    }

    fn look(&mut self, code: KeyCode) -> Option<Effect> {
        match code {
            KeyCode::Up => self.result = self.result.saturating_sub(1),
            KeyCode::Down => self.result = (self.result + 1).min(self.results.len().saturating_sub(1)),
            KeyCode::Enter => {
                let words = format!("install {}", self.chosen_result()?.attr);
                return Some(self.say(words));
            }
            _ => {}
        }
        None
    }
}

/// The place in a list of `count` that a key leads to from `place`.
fn moved(place: usize, count: usize, code: KeyCode) -> usize {
    match code {
        KeyCode::Up => place.saturating_sub(1),
        KeyCode::Down => (place + 1).min(count.saturating_sub(1)),
        _ => place,
    }
}

impl App {
    fn recall(&mut self, code: KeyCode) -> Option<Effect> {
        self.said_before = moved(self.said_before, self.history.len(), code);
        let chosen = self.history.get(self.said_before)?;
        (code == KeyCode::Enter).then(|| Effect::Again(chosen.about.clone()))
    }

    fn set(&mut self, code: KeyCode) -> Option<Effect> {
        let before = self.setting;
        self.setting = moved(self.setting, self.settings.len(), code);
        if before != self.setting {
            // What was typed was meant for the other key.
            self.value.clear();
        }
        let key = self.settings.get(self.setting)?.name.split(' ').next()?.to_owned();
        if code != KeyCode::Enter || self.value.trim().is_empty() {
            return None;
        }
        Some(Effect::Set { key, value: std::mem::take(&mut self.value) })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub mod tests {
    use super::*;

    pub fn generations() -> Vec<Generation> {
        let one = |number: u64| Generation {
            number: number.to_string().parse().unwrap(),
            date: "2026-11-01T10:00:00Z".parse().unwrap(),
            version: Some("26.11".to_owned()),
            kernel: Some("6.18.6".to_owned()),
            revision: None,
            current: number == 3,
            booted: number == 2,
            specialisations: Vec::new(),
            label: None,
            kept: false,
            path: std::path::PathBuf::new(),
        };
        (1..=3).map(one).collect()
    }

    fn press(app: &mut App, code: KeyCode) -> Option<Effect> {
        app.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn write(app: &mut App, text: &str) -> Option<Effect> {
        text.chars().map(|c| press(app, KeyCode::Char(c))).last().flatten()
    }

    #[test]
    fn words_are_said_and_an_empty_line_listens() {
        let mut app = App::new(generations(), Ear::Closed);
        assert_eq!(press(&mut app, KeyCode::Enter), Some(Effect::Listen));
        write(&mut app, "helpp");
        press(&mut app, KeyCode::Backspace);
        assert_eq!(press(&mut app, KeyCode::Enter), Some(Effect::Say("help".to_owned())));
        assert_eq!(app.lines, [(Who::User, "help".to_owned())]);
        assert!(app.input.is_empty());
    }

    #[test]
    fn a_generation_is_chosen_compared_and_asked_for() {
        let mut app = App::new(generations(), Ear::Missing);
        press(&mut app, KeyCode::Tab);
        press(&mut app, KeyCode::Down);
        assert_eq!(press(&mut app, KeyCode::Char('d')), Some(Effect::Compare { from: 2, to: 1 }));
        // Words for the assistant, which asks before anything happens: keys have no way around the question.
        assert_eq!(press(&mut app, KeyCode::Char('r')), Some(Effect::Say("roll back to generation 2".to_owned())));
        assert_eq!(app.screen, Screen::Talk);
    }

    #[test]
    fn a_search_follows_the_typing_and_old_answers_are_dropped() {
        let mut app = App::new(Vec::new(), Ear::Missing);
        press(&mut app, KeyCode::Tab);
        press(&mut app, KeyCode::Tab);
        assert_eq!(write(&mut app, "vi"), Some(Effect::Search("vi".to_owned())));
        app.found("v", vec![]);
        assert_eq!(press(&mut app, KeyCode::Enter), None, "nothing was found yet");
        let hit = SearchHit {
            attr: "vim".to_owned(),
            kind: crate::nix::SearchKind::Package,
            version: None,
            description: None,
            score: 1.0,
        };
        app.found("vi", vec![hit]);
        assert_eq!(press(&mut app, KeyCode::Enter), Some(Effect::Say("install vim".to_owned())));
    }

    #[test]
    fn the_history_is_said_again_and_a_setting_is_set_by_key() {
        let mut app = App::new(Vec::new(), Ear::Missing);
        app.screen = Screen::Search;
        assert_eq!(press(&mut app, KeyCode::Tab), Some(Effect::Read(Screen::History)));
        let entry = |name: &str| Entry { name: name.to_owned(), about: format!("About {name}.") };
        app.history = vec![entry("newest"), entry("older")];
        press(&mut app, KeyCode::Down);
        assert_eq!(press(&mut app, KeyCode::Enter), Some(Effect::Again("About older.".to_owned())));
        assert_eq!(press(&mut app, KeyCode::Tab), Some(Effect::Read(Screen::Settings)));
        app.settings = vec![entry("voice.rate = 1.0"), entry("voice.volume = 1.0")];
        assert_eq!(press(&mut app, KeyCode::Enter), None, "nothing was typed");
        write(&mut app, "9");
        press(&mut app, KeyCode::Down);
        assert!(app.value.is_empty(), "it was meant for the other key");
        write(&mut app, "0.5");
        let set = Effect::Set { key: "voice.volume".to_owned(), value: "0.5".to_owned() };
        assert_eq!(press(&mut app, KeyCode::Enter), Some(set));
    }

    #[test]
    fn no_key_breaks_an_empty_machine() {
        let mut app = App::new(Vec::new(), Ear::Missing);
        for _ in 0..5 {
            for code in [KeyCode::Up, KeyCode::Down, KeyCode::Enter, KeyCode::Char('d'), KeyCode::Char('r')] {
                press(&mut app, code);
                press(&mut app, KeyCode::Backspace);
            }
            press(&mut app, KeyCode::Tab);
        }
        press(&mut app, KeyCode::F(1));
        assert!(app.help);
        press(&mut app, KeyCode::Esc);
        assert!(!app.help);
    }
}
