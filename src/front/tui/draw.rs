//! How the terminal UI looks. Draws what the state says, and decides nothing.

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, List, ListItem, ListState, Paragraph, Tabs, Wrap};

use super::app::{App, Ear, Entry, Screen, Who};

const HELP: &str = "\
Tab        next page                 F2       talk (open the microphone)
Enter      say what is typed; on an empty line: talk
Esc        be silent                 Ctrl-U   clear the line
Up, Down   scroll, or choose         ? or F1  this help
Ctrl-Q     leave

Generations   d  compare with the current one    r  roll back to it    Enter  describe it
Search        type to search                      Enter  install what is chosen
History       Enter  hear it again
Settings      type a new value, Enter  set it     Up, Down  choose the key

All of it can be said too: \"list generations\", \"roll back\", \"search for a pdf reader\".
Nothing is changed without your yes.";

/// Draws everything.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    let [top, middle, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(1)]).areas(frame.area());
    let at = Screen::ALL.iter().position(|screen| *screen == app.screen).unwrap_or_default();
    frame.render_widget(
        Tabs::new(Screen::ALL.map(Screen::title)).select(at).highlight_style(Style::new().reversed()),
        top,
    );
    match app.screen {
        Screen::Talk => talk(app, frame, middle),
        Screen::Generations => generations(app, frame, middle),
        Screen::Search => search(app, frame, middle),
        Screen::History => entries("What I said, newest first", &app.history, app.said_before, frame, middle),
        Screen::Settings => {
            let [line, below] = Layout::vertical([Constraint::Length(3), Constraint::Min(1)]).areas(middle);
            let title = Block::bordered().title("New value, Enter sets it");
            frame.render_widget(Paragraph::new(app.value.as_str()).block(title), line);
            entries("Settings", &app.settings, app.setting, frame, below);
        }
    }
    frame.render_widget(Paragraph::new(status(app)), bottom);
    if app.help {
        let area = frame.area();
        let [_, row, _] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(19), Constraint::Min(0)]).areas(area);
        frame.render_widget(Clear, row);
        frame
            .render_widget(Paragraph::new(HELP).block(Block::bordered().title("Help")).wrap(Wrap { trim: false }), row);
    }
}

/// State in words, never by colour alone.
fn status(app: &App) -> String {
    let ear = match app.ear {
        Ear::Missing => "no microphone",
        Ear::Closed => "microphone closed",
        Ear::Open => "listening",
        Ear::Hearing => "hearing you",
    };
    let work = match (app.asked, app.busy, &app.work) {
        (true, ..) => " | a question is open: yes or no".to_owned(),
        (_, true, Some(work)) => format!(" | {work}"),
        (_, true, None) => " | working".to_owned(),
        _ => String::new(),
    };
    format!("{ear}{work} | ? help")
}

fn talk(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let [above, line] = Layout::vertical([Constraint::Min(1), Constraint::Length(3)]).areas(area);
    let mut text = Text::default();
    for (who, said) in &app.lines {
        let name = if *who == Who::User { "you:     " } else { "ask-nix: " };
        for (place, part) in said.lines().enumerate() {
            let lead = if place == 0 { name } else { "         " };
            text.push_line(Line::from(vec![Span::styled(lead, Modifier::DIM), Span::raw(part.to_owned())]));
        }
    }
    let paragraph = Paragraph::new(text).wrap(Wrap { trim: false });
    // The newest line stays in sight; a line that is wrapped counts as often as it is wrapped.
    let width = usize::from(above.width.max(1));
    let rows: usize = app
        .lines
        .iter()
        .flat_map(|(_, said)| said.lines())
        .map(|part| (part.chars().count() + 9).div_ceil(width))
        .sum();
    let top = rows.saturating_sub(above.height.into()).saturating_sub(app.scroll);
    frame.render_widget(paragraph.scroll((u16::try_from(top).unwrap_or(u16::MAX), 0)), above);
    frame.render_widget(Paragraph::new(app.input.as_str()).block(Block::bordered().title("Say or type")), line);
    let cursor = u16::try_from(app.input.chars().count()).unwrap_or(u16::MAX);
    frame.set_cursor_position((line.x.saturating_add(1 + cursor.min(line.width.saturating_sub(3))), line.y + 1));
}

fn generations(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let [left, right] = Layout::horizontal([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(area);
    let zone = TimeZone::system();
    let items = app.generations.iter().rev().map(|generation| {
        let mark = match (generation.current, generation.booted) {
            (true, true) => " current, booted",
            (true, false) => " current",
            (false, true) => " booted",
            (false, false) => "",
        };
        let date = generation.date.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
        ListItem::new(format!("{:>4}  {date}{mark}", generation.number))
    });
    let list = List::new(items)
        .block(Block::bordered().title("Generations, newest first"))
        .highlight_symbol("> ")
        .highlight_style(Style::new().reversed());
    let chosen = app.generations.len().checked_sub(app.generation + 1);
    frame.render_stateful_widget(list, left, &mut ListState::default().with_selected(chosen));
    let words = match (&app.compared, app.chosen_generation()) {
        (Some((place, words)), _) if *place == app.generation => words.clone(),
        (_, Some(generation)) => {
            let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
            format!(
                "Generation {}\n\nNixOS: {}\nLinux: {}\nConfiguration: {}\nLabel: {}\nSpecialisations: {}\n\nd  compare \
                 with the current one\nr  roll back to it (asks first)",
                generation.number,
                or_none(&generation.version),
                or_none(&generation.kernel),
                or_none(&generation.revision),
                or_none(&generation.label),
                if generation.specialisations.is_empty() {
                    "none".to_owned()
                } else {
                    generation.specialisations.join(", ")
                },
            )
        }
        (_, None) => "There are no generations here.".to_owned(),
    };
    frame.render_widget(
        Paragraph::new(words).block(Block::bordered().title("Details")).wrap(Wrap { trim: false }),
        right,
    );
}

fn search(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let [line, below] = Layout::vertical([Constraint::Length(3), Constraint::Min(1)]).areas(area);
    frame.render_widget(Paragraph::new(app.query.as_str()).block(Block::bordered().title("Search for")), line);
    let [left, right] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(below);
    let items = app.results.iter().map(|hit| {
        let version = hit.version.as_deref().unwrap_or_default();
        ListItem::new(format!("{} {version}", hit.attr))
    });
    let list = List::new(items)
        .block(Block::bordered().title(format!("{} found", app.results.len())))
        .highlight_symbol("> ")
        .highlight_style(Style::new().reversed());
    let chosen = (!app.results.is_empty()).then_some(app.result);
    frame.render_stateful_widget(list, left, &mut ListState::default().with_selected(chosen));
    let words = app.chosen_result().map_or_else(String::new, |hit| {
        let description = hit.description.as_deref().unwrap_or("It has no description.");
        format!("{}\n\n{description}\n\nEnter  install it (asks first)", hit.attr)
    });
    frame.render_widget(
        Paragraph::new(words).block(Block::bordered().title("Details")).wrap(Wrap { trim: false }),
        right,
    );
}

/// A list, and beside it what is told about the chosen line.
fn entries(title: &str, all: &[Entry], chosen: usize, frame: &mut Frame<'_>, area: Rect) {
    let [left, right] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    let list = List::new(all.iter().map(|entry| ListItem::new(entry.name.as_str())))
        .block(Block::bordered().title(title))
        .highlight_symbol("> ")
        .highlight_style(Style::new().reversed());
    let place = (!all.is_empty()).then_some(chosen);
    frame.render_stateful_widget(list, left, &mut ListState::default().with_selected(place));
    let words = all.get(chosen).map_or("There is nothing here.", |entry| entry.about.as_str());
    let details = Paragraph::new(words).block(Block::bordered().title("Details")).wrap(Wrap { trim: false });
    frame.render_widget(details, right);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::app::tests::generations;
    use super::*;

    fn picture(app: &App, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(app, frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn each_page_shows_what_it_is_for() {
        let mut app = App::new(generations(), Ear::Closed);
        app.said(Who::User, "list generations");
        app.said(Who::Assistant, "There are 3 generations.");
        insta::assert_snapshot!("talk", picture(&app, 80, 24));
        app.asked = true;
        app.screen = Screen::Search;
        app.query = "vim".to_owned();
        insta::assert_snapshot!("search", picture(&app, 80, 24));
        app.screen = Screen::Settings;
        app.settings = vec![Entry { name: "voice.rate = 1.0".to_owned(), about: "Speaking rate.".to_owned() }];
        insta::assert_snapshot!("settings", picture(&app, 80, 24));
        app.screen = Screen::History;
        app.history = vec![Entry { name: "10:30 Two generations.".to_owned(), about: "Two generations.".to_owned() }];
        (app.asked, app.busy, app.work) = (false, true, Some("Building 14 packages, 3 of 14".to_owned()));
        insta::assert_snapshot!("history", picture(&app, 200, 50));
        app.help = true;
        insta::assert_snapshot!("help", picture(&app, 80, 24));
    }

    #[test]
    fn generations_are_listed_newest_first_with_their_details() {
        let mut app = App::new(generations(), Ear::Missing);
        app.screen = Screen::Generations;
        let shown = picture(&app, 200, 50);
        let (newest, oldest) = (shown.find("   3  ").unwrap(), shown.find("   1  ").unwrap());
        assert!(newest < oldest, "{shown}");
        assert!(shown.contains("current") && shown.contains("booted") && shown.contains("Generation 3"), "{shown}");
        app.compared = Some((app.generation, "Nothing differs.".to_owned()));
        assert!(picture(&app, 80, 24).contains("Nothing differs."));
    }

    #[test]
    fn the_smallest_terminal_is_drawn_without_harm() {
        let mut app = App::new(generations(), Ear::Open);
        app.said(Who::Assistant, &"word ".repeat(400));
        for screen in Screen::ALL {
            app.screen = screen;
            for (width, height) in [(1, 1), (5, 3), (20, 6)] {
                picture(&app, width, height);
            }
        }
    }
}
