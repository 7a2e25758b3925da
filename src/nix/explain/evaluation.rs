//! Failures while the configuration is worked out: what people write wrong most often.

use super::text::{Log, quotations, quoted};
use super::{Cause, Explanation, Mend, spoken};
use std::path::PathBuf;

const FIX: &str = "Mend that place in the file, then say it again. Nothing was changed.";

/// The first rule that fits; the special ones come before the general ones.
pub(super) fn explain(log: &Log) -> Option<Explanation> {
    let rules = [refused_package, option, files, message];
    rules.iter().find_map(|rule| rule(log)).or_else(|| assertion(log)).or_else(|| thrown(log))
}

/// nixpkgs refuses a package: unfree, insecure, broken, another kind of machine.
fn refused_package(log: &Log) -> Option<Explanation> {
    let line = log.line("refusing to evaluate")?;
    let package = quoted(line)?.to_owned();
    let (name, _) = package.split_once('-').map_or((package.as_str(), ""), |(name, rest)| (name, rest));
    if line.contains("unfree") {
        let hint = "You can allow this one package, and say it again.";
        let why = "Its licence is not free, and your configuration does not allow such packages.";
        // The list that allows packages has names without versions.
        let mend = Mend::AllowUnfree { package: crate::nix::read::names::StoreName::parse(&package).name().to_owned() };
        return Some(Explanation::new(Cause::Unfree, format!("{package} is refused."), why, hint).mended(mend));
    }
    if line.contains("insecure") || log.has("Known issues:") {
        let issue = log.below("Known issues:").find_map(|line| line.trim().strip_prefix("- ")).map(spoken);
        let why = issue.map_or_else(
            || "It has known security holes.".to_owned(),
            |issue| format!("It has known security holes: {issue}."),
        );
        let hint = "Choose another package, or allow this one only if you know the risk.";
        let mend = Mend::AllowInsecure { package: package.clone() };
        return Some(Explanation::new(Cause::Insecure, format!("{package} is refused."), why, hint).mended(mend));
    }
    if line.contains("broken") {
        let hint = "Choose another package, or wait for a newer version.";
        return Some(Explanation::new(
            Cause::Broken,
            format!("{package} is refused."),
            "It is marked as broken: it is known not to build.",
            hint,
        ));
    }
    let hint = "Choose another package.";
    Some(Explanation::new(
        Cause::WrongPlatform,
        format!("{name} is refused."),
        "It is not made for this kind of machine.",
        hint,
    ))
}

/// `NixOS`' own checks of options.
fn option(log: &Log) -> Option<Explanation> {
    // The last one: it is what the error ends in, the others are on the way to it.
    let line = log.lines().rfind(|line| {
        ["The option `", "A definition for option `", "The option '"].iter().any(|begin| line.contains(begin))
            && !line.trim_start().starts_with('…')
    })?;
    let name = quoted(line.split_once("option ").map_or(line, |(_, rest)| rest))?.to_owned();
    if line.contains("does not exist") {
        let near = log
            .line("Did you mean")
            .or_else(|| log.line("did you mean"))
            .and_then(quoted)
            .filter(|near| !near.starts_with('/'))
            .map(str::to_owned);
        let hint = match &near {
            Some(near) => format!("Perhaps you mean {near}. Nothing was changed."),
            None => "See how it is written: ask me to find the setting. Nothing was changed.".to_owned(),
        };
        let unknown = Explanation::new(
            Cause::UnknownOption,
            format!("There is no setting {name}."),
            "The configuration sets it, but this version of NixOS does not know it.",
            hint,
        );
        return Some(match near {
            Some(right) => unknown.mended(Mend::Rename { wrong: name, right }),
            None => unknown,
        });
    }
    if line.contains("conflicting definition")
        || line.contains("defined multiple times")
        || line.contains("defined both")
    {
        let files: Vec<String> = log
            .lines()
            .filter(|line| line.trim_start().starts_with("- In `"))
            .filter_map(quoted)
            .map(|file| file.rsplit('/').next().unwrap_or(file).to_owned())
            .collect();
        let why = match files.as_slice() {
            [one, other, ..] if one != other => format!("{one} and {other} give it different values."),
            _ => "It is given different values in two places.".to_owned(),
        };
        let hint = "Take one of the two out. Nothing was changed.";
        return Some(Explanation::new(Cause::ConflictingDefinitions, format!("{name} is set twice."), why, hint));
    }
    if line.contains("is not of type") {
        let wanted = quotations(line).filter(|part| *part != name).last().unwrap_or("another kind").to_owned();
        return Some(Explanation::new(
            Cause::WrongOptionType,
            format!("{name} has a value of the wrong kind."),
            format!("It must be of the kind {}.", spoken(&wanted)),
            FIX,
        ));
    }
    if line.contains("no value defined") || line.contains("used but not defined") {
        return Some(Explanation::new(
            Cause::OptionNotSet,
            format!("{name} is not set."),
            "Something needs its value, and it has none.",
            "Set it in the configuration, then say it again.",
        ));
    }
    None
}

/// Files that are not where they should be.
fn files(log: &Log) -> Option<Explanation> {
    if let Some(line) = log.line("not tracked by Git").or_else(|| log.line("does not exist in Git repository")) {
        let found: Vec<&str> = quotations(line).collect();
        let (file, folder) = (found.first()?, found.get(1).copied().unwrap_or_default());
        let path = PathBuf::from(folder).join(file);
        return Some(
            Explanation::new(
                Cause::NotInGit,
                format!("Nix does not see the file {file}."),
                "The configuration is a flake in git, and the file was not added to git.",
                "Add the file to git, then say it again.",
            )
            .mended(Mend::AddToGit { file: path }),
        );
    }
    if let Some(line) = log.line("was not found in the Nix search path") {
        let name = quoted(line)?;
        return Some(Explanation::new(
            Cause::NotInSearchPath,
            format!("Nix does not know where {name} is."),
            "No channel and no entry of the search path has it.",
            "Add the channel, or update it once as the administrator.",
        ));
    }
    if let Some(line) = log.line("does not provide attribute").filter(|line| line.contains("nixosConfigurations")) {
        let attribute = quotations(line).find(|part| part.starts_with("nixosConfigurations"))?;
        let host = attribute.split('.').nth(1).unwrap_or(attribute).trim_matches('"');
        return Some(Explanation::new(
            Cause::NoSuchHost,
            format!("The configuration has no machine {host}."),
            "The flake describes machines by their host names, and none has this one.",
            "Give the machine that name, or add it to the flake.",
        ));
    }
    let line = log.lines().rfind(|line| {
        line.contains("error:") && (line.contains("does not exist") || line.contains("No such file or directory"))
    })?;
    let file = quoted(line)?;
    let name = file.rsplit('/').next().unwrap_or(file);
    // A flake is copied into the store without what git does not know; older Nix tells only that.
    if let Some((_, inside)) = file.split_once("-source/") {
        return Some(
            Explanation::new(
                Cause::NotInGit,
                format!("Nix does not see the file {name}."),
                "The configuration is a flake: the file is not there, or was not added to git.",
                "See that the file is there, add it to git, then say it again.",
            )
            .mended(Mend::AddToGit { file: PathBuf::from(inside) }),
        );
    }
    Some(Explanation::new(
        Cause::MissingFile,
        format!("The file {name} is not there."),
        "The configuration names it.",
        "Put the file there, or take its name out. Is the configuration in git, then add the file to git.",
    ))
}

/// The evaluator's own messages.
fn message(log: &Log) -> Option<Explanation> {
    let message = log.message()?;
    let name = || quoted(message).unwrap_or_default().to_owned();
    let near = log.line("Did you mean").map(|line| line.split_once("Did you mean").map_or("", |(_, rest)| rest));
    let near = near.and_then(near_names);
    let simple = |cause, what: String, why: &str| Some(Explanation::new(cause, what, why, FIX));
    if message.starts_with("syntax error") {
        let why = message.trim_start_matches("syntax error").trim_start_matches([',', ' ']);
        if let Some((there, wanted)) = why.strip_prefix("unexpected ").and_then(|why| why.split_once(", expecting ")) {
            let why = format!("There is {} where {} should be.", signs(there), signs(wanted));
            return Some(Explanation::new(
                Cause::Syntax,
                "The configuration is not written correctly.",
                spoken(&why) + ".",
                FIX,
            ));
        }
        let why = if why.is_empty() {
            "A sign is missing or too many.".to_owned()
        } else {
            format!("Nix says: {}.", spoken(&signs(why)))
        };
        return Some(Explanation::new(Cause::Syntax, "The configuration is not written correctly.", why, FIX));
    }
    if message.starts_with("path has a trailing slash") || message.starts_with("invalid") && log.place().is_some() {
        return simple(
            Cause::Syntax,
            "The configuration is not written correctly.".into(),
            "Something stands there that Nix cannot read.",
        );
    }
    if message.starts_with("undefined variable") {
        let why =
            "A name is used there that means nothing, perhaps for a slip of the key or a missing “pkgs.” before it.";
        return simple(Cause::UndefinedVariable, format!("The name {} is not known.", name()), why);
    }
    if message.contains("already defined") {
        return simple(
            Cause::DefinedTwice,
            format!("{} is written twice.", name()),
            "The same name is given a value twice in one place.",
        );
    }
    if message.starts_with("attribute") && message.contains("missing") || message.contains("in selection path") {
        let wrong = name();
        let hint = near
            .as_ref()
            .map_or_else(|| FIX.to_owned(), |near| format!("Perhaps you mean {near}. Nothing was changed."));
        let why = "It was looked for and is not there: perhaps a slip of the key, or another name in this version.";
        let missing = Explanation::new(Cause::MissingAttribute, format!("There is no {wrong}."), why, hint);
        return Some(match near.filter(|near| !near.contains(' ')) {
            Some(right) => missing.mended(Mend::Rename { wrong, right }),
            None => missing,
        });
    }
    if message.contains("infinite recursion")
        || message.contains("stack overflow")
        || message.contains("max-call-depth exceeded")
    {
        let why = "A value needs itself to be worked out, often a setting that decides about its own imports.";
        return simple(Cause::InfiniteRecursion, "The configuration goes round in a circle.".into(), why);
    }
    if message.contains("called without required argument") || message.contains("called with unexpected argument") {
        let argument = quotations(message).last().unwrap_or_default();
        let what = if message.contains("without") { "needs" } else { "does not know" };
        return simple(
            Cause::WrongArguments,
            format!("Something {what} {argument}."),
            "A function is called with other arguments than it takes.",
        );
    }
    if message.contains("while a") && message.contains("was expected")
        || message.starts_with("expected a")
        || message.starts_with("cannot coerce")
        || message.starts_with("cannot convert")
        || message.starts_with("attempt to call something which is not a function")
        || message.starts_with("cannot add")
        || message.starts_with("cannot compare")
    {
        return Some(Explanation::new(
            Cause::WrongType,
            "A value is of the wrong kind.",
            format!("Nix says: {}.", spoken(message)),
            FIX,
        ));
    }
    if message.contains("experimental Nix feature") || message.contains("experimental feature") {
        return Some(Explanation::new(
            Cause::FeatureDisabled,
            format!("This Nix has {} switched off.", name()),
            "The configuration needs it.",
            "Switch it on with the setting nix.settings.experimental-features.",
        ));
    }
    None
}

/// `one of vim or gvim?` as `vim or gvim`.
fn near_names(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('?').trim_start_matches("one of ").trim();
    (!text.is_empty()).then(|| text.replace(['\'', '`', '"'], ""))
}

/// Signs of the language by their names: aloud, a quoted brace is silence.
fn signs(text: &str) -> String {
    let names = [
        ("'{'", "an opening brace"),
        ("'}'", "a closing brace"),
        ("'['", "an opening bracket"),
        ("']'", "a closing bracket"),
        ("'('", "an opening parenthesis"),
        ("')'", "a closing parenthesis"),
        ("';'", "a semicolon"),
        ("','", "a comma"),
        ("':'", "a colon"),
        ("'='", "an equals sign"),
        ("'.'", "a dot"),
        ("'\"'", "a quotation mark"),
        ("''''", "two apostrophes"),
        ("end of file", "the end of the file"),
    ];
    names.iter().fold(text.to_owned(), |text, (sign, name)| text.replace(sign, name))
}

/// `NixOS`' assertions: each says itself what is wrong.
fn assertion(log: &Log) -> Option<Explanation> {
    let first = log.below("Failed assertions:").find_map(|line| line.trim().strip_prefix("- ").map(str::to_owned));
    if let Some(first) = first {
        let rest: Vec<String> = log
            .below("Failed assertions:")
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let hint = "Mend the configuration as it says. Nothing was changed.";
        let told = Explanation::new(
            Cause::FailedAssertion,
            "The configuration does not fit together.",
            format!("NixOS says: {}.", spoken(&first)),
            hint,
        );
        return Some(told.detailed(rest));
    }
    log.message().filter(|message| message.starts_with("assertion") && message.contains("failed")).map(|message| {
        Explanation::new(
            Cause::FailedAssertion,
            "The configuration does not fit together.",
            format!("Nix says: {}.", spoken(message)),
            FIX,
        )
    })
}

/// Whatever else stopped the evaluation: the message is the configuration's own, or nixpkgs'.
fn thrown(log: &Log) -> Option<Explanation> {
    let message = log.message()?;
    let traced =
        log.lines().any(|line| line.trim_start().starts_with("… while") || line.trim_start().starts_with("… from"));
    let why = format!("It says: {}.", spoken(message));
    traced.then(|| Explanation::new(Cause::Thrown, "The configuration stops with a message.", why, FIX))
}
