//! Services in words: which have failed comes first, since that is what most people ask for.

use jiff::Zoned;

use super::Verbosity;
use super::quantity::size;
use super::table::{printable, table};
use super::when::{date, when};
use super::words::{join, list, say};
use crate::nix::read::services::{Active, Message, Service, ServiceFacts};
use crate::nix::{Loss, ServiceAction, ServicePlan};

type Told = (String, Option<String>);

/// Messages that are read aloud.
const READ: usize = 2;
/// Longest message that is read in full, in characters: about 10 seconds of speech.
const LONGEST: usize = 150;

pub(super) fn all(services: &[Service], verbosity: Verbosity) -> Told {
    let of = |wanted: &[Active]| -> Vec<String> {
        services
            .iter()
            .filter(|service| wanted.contains(&service.active))
            .map(|service| printable(&service.name))
            .collect()
    };
    let failed = of(&[Active::Failed]);
    let running: Vec<String> = services
        .iter()
        .filter(|service| service.active == Active::Active && service.sub == "running")
        .map(|service| printable(&service.name))
        .collect();
    let rows: Vec<Vec<String>> = services
        .iter()
        .map(|service| {
            vec![service.name.clone(), state(service.active), service.sub.clone(), service.description.clone()]
        })
        .collect();
    let headings = [say!("column-name"), say!("column-state"), String::new(), say!("column-about")];
    let bad = match failed.as_slice() {
        [] => say!("services-none-failed"),
        names => say!("health-services", count = names.len(), list = list(names, 4, names.len())),
    };
    let limit = if verbosity == Verbosity::Detailed { 10 } else { 3 };
    let good = match running.as_slice() {
        [] => say!("services-none-run"),
        names => say!("services-run", count = names.len(), list = list(names, limit, names.len())),
    };
    (join([bad, good]), Some(table(&headings, &rows)))
}

/// How a service is before it is changed, and what goes with it.
pub(super) fn plan(plan: &ServicePlan) -> String {
    let state = say!("service-is", name = printable(&plan.service.name), state = state(plan.service.active));
    let lost = match plan.loss {
        None => String::new(),
        Some(Loss::Desktop) => say!("service-loss-desktop"),
        Some(Loss::Network) => say!("service-loss-network"),
        Some(Loss::RemoteLogin) => say!("service-loss-login"),
        Some(Loss::Sound) => say!("service-loss-sound"),
    };
    join([state, lost])
}

pub(super) fn changed(action: ServiceAction, facts: &ServiceFacts) -> String {
    let name = printable(&facts.service.name);
    match action {
        ServiceAction::Start if facts.service.active == Active::Inactive => say!("service-ran", name = name),
        ServiceAction::Start => say!("service-started", name = name),
        ServiceAction::Stop => say!("service-stopped", name = name),
        ServiceAction::Restart => say!("service-restarted", name = name),
    }
}

fn state(active: Active) -> String {
    match active {
        Active::Active => say!("service-active"),
        Active::Reloading => say!("service-reloading"),
        Active::Inactive => say!("service-inactive"),
        Active::Failed => say!("service-failed"),
        Active::Activating => say!("service-activating"),
        Active::Deactivating => say!("service-deactivating"),
        Active::Other => say!("service-other"),
    }
}

pub(super) fn one(facts: &ServiceFacts, now: &Zoned, verbosity: Verbosity) -> Told {
    let name = printable(&facts.service.name);
    let mut told = vec![match (facts.since, verbosity) {
        (Some(since), Verbosity::Normal | Verbosity::Detailed) => {
            say!("service-is-since", name = name.as_str(), state = state(facts.service.active), when = when(since, now))
        }
        _ => say!("service-is", name = name.as_str(), state = state(facts.service.active)),
    }];
    if let Some(result) = &facts.result {
        told.push(match facts.exit_code {
            Some(code) => say!("service-exit", code = code),
            None => say!("service-result", result = printable(result).replace('-', " ")),
        });
    }
    if verbosity != Verbosity::Brief {
        if facts.enabled == Some(false) {
            told.push(say!("service-disabled"));
        }
        if facts.restarts > 0 {
            told.push(say!("service-restarts", count = facts.restarts));
        }
        if facts.service.active == Active::Failed
            && let Some(last) = facts.errors.last()
        {
            told.push(say!("service-last-error", text = shortened(&last.text)));
        }
    }
    if verbosity == Verbosity::Detailed
        && let Some(memory) = facts.memory
    {
        told.push(say!("service-memory", size = size(memory)));
    }
    let screen =
        (!facts.errors.is_empty()).then(|| format!("{}\n\n{}", join(told.clone()), messages(&facts.errors, now)));
    (join(told), screen)
}

pub(super) fn logs(service: Option<&str>, messages: &[Message], now: &Zoned) -> Told {
    let Some((last, _)) = messages.split_last() else {
        return match service {
            Some(name) => (say!("logs-none", name = printable(name)), None),
            None => (say!("logs-none-machine"), None),
        };
    };
    let begin = match service {
        Some(name) => say!("logs", name = printable(name), count = messages.len()),
        None => say!("logs-machine", count = messages.len()),
    };
    let newest = messages.iter().rev().take(READ).map(|message| {
        let text = shortened(&message.text);
        match service {
            Some(_) => say!("logs-said", text = text),
            None => say!("logs-said-by", from = printable(&message.from), text = text),
        }
    });
    let moment = last.time.map_or_else(String::new, |time| say!("logs-newest", when = when(time, now)));
    (join([begin, moment].into_iter().chain(newest)), Some(self::messages(messages, now)))
}

fn messages(messages: &[Message], now: &Zoned) -> String {
    let rows: Vec<Vec<String>> = messages
        .iter()
        .map(|message| {
            let time = message.time.map(|time| date(time, now)).unwrap_or_default();
            vec![time, message.from.clone(), message.text.clone()]
        })
        .collect();
    table(&[say!("column-date"), say!("column-from"), say!("column-message")], &rows)
}

/// A message on one line, without a full stop at its end and not too long.
fn shortened(text: &str) -> String {
    let text = printable(text);
    let short: String = text.chars().take(LONGEST).collect();
    short.trim_end_matches('.').to_owned()
}
