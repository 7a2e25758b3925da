//! Failures while something is built or fetched.

use super::text::{Log, quotations, quoted, store_name};
use super::{Cause, Explanation, Mend, spoken};

pub(super) fn explain(log: &Log) -> Option<Explanation> {
    [full, hash, network, collision, untrusted, builder].iter().find_map(|rule| rule(log))
}

/// No room left: on `/boot` it is another room, with another mend.
fn full(log: &Log) -> Option<Explanation> {
    let line = log.line("No space left on device").or_else(|| log.line("database or disk is full"))?;
    if line.contains("/boot") {
        return Some(
            Explanation::new(
                Cause::BootFull,
                "The boot partition is full.",
                "Each generation keeps its kernel there.",
                "Delete old generations, then say it again.",
            )
            .mended(Mend::FreeBoot),
        );
    }
    Some(
        Explanation::new(
            Cause::DiskFull,
            "The disk is full.",
            "Building and downloading need room.",
            "Free some space: I can collect garbage. Then say it again.",
        )
        .mended(Mend::FreeSpace),
    )
}

fn hash(log: &Log) -> Option<Explanation> {
    let line = log.line("hash mismatch")?;
    let package = quoted(line).map_or("a download", store_name).to_owned();
    let facts = ["specified:", "got:"].iter().filter_map(|key| log.line(key)).map(|line| line.trim().to_owned());
    Some(
        Explanation::new(
            Cause::HashMismatch,
            format!("What was downloaded for {package} is not what was expected."),
            "Its fingerprint is another one: it was changed at its source, or damaged on the way.",
            "Nothing was changed. Update nixpkgs and say it again; do not just accept the new fingerprint.",
        )
        .detailed(facts),
    )
}

fn network(log: &Log) -> Option<Explanation> {
    const DOWN: [&str; 11] = [
        "Could not resolve host",
        "Couldn't resolve host",
        "Temporary failure in name resolution",
        "Couldn't connect to server",
        "Could not connect to server",
        "Failed to connect to",
        "Connection refused",
        "Network is unreachable",
        "Timeout was reached",
        "Operation too slow",
        "Connection timed out",
    ];
    let download =
        |line: &&str| line.contains("unable to download") || line.contains("error:") || line.contains("fatal:");
    if let Some(line) = log.lines().filter(download).find(|line| DOWN.iter().any(|words| line.contains(words))) {
        let host = server(line);
        let what = host
            .as_ref()
            .map_or_else(|| "I cannot reach the network.".to_owned(), |host| format!("I cannot reach {host}."));
        return Some(
            Explanation::new(
                Cause::NoNetwork,
                what,
                "The network is down, or the server does not answer.",
                "See that the machine is connected, then say it again. Nothing was changed.",
            )
            .mended(Mend::Retry),
        );
    }
    let line =
        log.lines().filter(|line| line.contains("unable to download")).find(|line| line.contains("HTTP error"))?;
    let number: String = line.split_once("HTTP error ")?.1.chars().take_while(char::is_ascii_digit).collect();
    let host = server(line).unwrap_or_else(|| "The server".to_owned());
    Some(Explanation::new(
        Cause::NotFoundOnServer,
        format!("{host} does not give the file."),
        format!("It answered with error {number}."),
        "Try again later, or update nixpkgs. Nothing was changed.",
    ))
}

/// The host in the address that a line names.
fn server(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("://")?;
    let host: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
    (!host.is_empty()).then_some(host)
}

/// Two packages with a file of the same name.
fn collision(log: &Log) -> Option<Explanation> {
    let between = log.line("collision between").or_else(|| log.line("two given paths contain a conflicting subpath"));
    let conflict =
        log.line("There is a conflict for the following files").or_else(|| log.line("have the same priority"));
    let line = between.or(conflict)?;
    let mut paths: Vec<String> = quotations(line).filter(|path| path.contains('/')).map(str::to_owned).collect();
    if paths.len() < 2 {
        let below = log.below(line).flat_map(|line| line.split_whitespace());
        paths.extend(
            below
                .map(|word| word.trim_matches(['`', '\'', '"', ',', ':']))
                .filter(|word| word.contains('/'))
                .take(2)
                .map(str::to_owned),
        );
    }
    let owner = |path: &String| {
        let object = path.split('/').find(|part| part.len() > 33 && part.as_bytes().get(32) == Some(&b'-'));
        object.map(|object| store_name(object).to_owned())
    };
    let owners: Vec<String> = paths.iter().filter_map(owner).collect();
    let file = paths.first().and_then(|path| path.rsplit('/').next()).unwrap_or("a file").to_owned();
    let what = match owners.as_slice() {
        [one, other, ..] => format!("{one} and {other} do not fit together."),
        _ => "Two packages do not fit together.".to_owned(),
    };
    Some(
        Explanation::new(
            Cause::Collision,
            what,
            format!("Both bring a file {file}."),
            "Remove one of the two, then say it again.",
        )
        .detailed(paths),
    )
}

fn untrusted(log: &Log) -> Option<Explanation> {
    log.line("lacks a signature by a trusted key").or_else(|| log.line("is not a trusted user"))?;
    Some(Explanation::new(
        Cause::Untrusted,
        "A download was refused.",
        "It is not signed by anybody whom this machine trusts.",
        "Add the key of that cache to the configuration, or do without the cache.",
    ))
}

/// A builder failed: its package, how it ended, its last words.
fn builder(log: &Log) -> Option<Explanation> {
    // Up to 2.29 `builder for 'X' failed with exit code 2`; since then `Cannot build 'X'.` and a reason below.
    let line = log.lines().find(|line| line.contains("builder for '") && line.contains("failed")).or_else(|| {
        log.lines()
            .find(|line| line.contains("Cannot build '") && log.below(line).any(|line| line.contains("builder failed")))
    })?;
    let path = quoted(line.split_once("builder for").map_or(line, |(_, rest)| rest))?;
    let package = store_name(path).to_owned();
    let ended = log
        .lines()
        .find(|line| line.contains("failed with exit code") || line.contains("failed due to signal"))
        .unwrap_or(line);
    let words = log.builder();
    if ended.contains("signal 9")
        || words.iter().any(|line| line.contains("Out of memory") || line.contains("out of memory"))
    {
        return Some(
            Explanation::new(
                Cause::OutOfMemory,
                format!("{package} could not be built."),
                "It was killed, most often for want of memory.",
                "Close other programs, then say it again.",
            )
            .detailed(words),
        );
    }
    if log.has("timed out after") {
        let told = Explanation::new(
            Cause::TimedOut,
            format!("{package} was not built in time."),
            "Building was stopped after a time that is set.",
            "Say it again.",
        );
        return Some(told.mended(Mend::Retry).detailed(words));
    }
    let phase = words.iter().rev().find_map(|line| line.strip_prefix("Running phase: ")).map(|phase| {
        let phase = phase.strip_suffix("Phase").unwrap_or(phase);
        format!(" in its {phase} phase")
    });
    // The line that tells of an error says more than the last one, which is often only "make: *** Error 2".
    let telling =
        words.iter().rev().find(|line| line.contains("error:") || line.contains("Error:") || line.contains("error["));
    let why = match telling.or(words.last()) {
        Some(line) => format!("The builder stopped{}. It said: {}.", phase.unwrap_or_default(), spoken(line)),
        None => "The builder stopped and said nothing.".to_owned(),
    };
    let hint = "Nothing was changed. Remove it, or try another version of nixpkgs.";
    Some(Explanation::new(Cause::Builder, format!("{package} could not be built."), why, hint).detailed(words))
}
