//! What a command is aimed at, where that can be said in more than one way.

use super::{Age, CommandError, GenerationNumber, KeepCount, PackageAttr, Slots, When};

/// Most packages in one command: more in one breath is no command.
const MAX_PACKAGES: usize = 20;

/// One or more packages, each once, in the order in which they were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages(Vec<PackageAttr>);

impl Packages {
    /// The packages; `None` for no package, for one that is named twice, and for more than twenty.
    #[must_use]
    pub fn new(packages: Vec<PackageAttr>) -> Option<Self> {
        let once = packages.iter().enumerate().all(|(at, one)| !packages.iter().skip(at + 1).any(|other| other == one));
        (!packages.is_empty() && packages.len() <= MAX_PACKAGES && once).then_some(Self(packages))
    }

    /// The packages, at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[PackageAttr] {
        &self.0
    }

    /// The packages as a spoken list: `firefox, vlc and git`.
    #[must_use]
    pub fn spoken(&self) -> String {
        spoken(&self.0)
    }
}

pub(super) fn spoken<T: ToString>(list: &[T]) -> String {
    let all: Vec<String> = list.iter().map(T::to_string).collect();
    match all.split_last() {
        Some((end, before)) if !before.is_empty() => format!("{} and {end}", before.join(", ")),
        _ => all.concat(),
    }
}

/// Where a roll back goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RollbackTarget {
    /// To the system that ran before the one that runs now.
    Previous,
    /// To one generation.
    Number(GenerationNumber),
    /// To what ran at that time.
    Date(When),
    /// To what ran before this package came.
    BeforeInstalled(PackageAttr),
    /// To what ran before the last update.
    BeforeUpdate,
    /// To the last one that is known to have worked.
    LastWorking,
}

/// The value of `before` for an update, and of `to` for the last system that worked.
pub(super) const UPDATE: &str = "update";
pub(super) const WORKING: &str = "working";

impl RollbackTarget {
    pub(super) fn build(slots: &Slots) -> Result<Self, CommandError> {
        Ok(match (slots.first("number"), slots.first("date"), slots.first("before"), slots.first("to")) {
            (None, None, None, Some(WORKING)) => Self::LastWorking,
            (Some(number), ..) | (None, None, None, Some(number)) => Self::Number(number.parse()?),
            (None, Some(date), ..) => Self::Date(date.parse()?),
            (None, None, Some(UPDATE), _) => Self::BeforeUpdate,
            (None, None, Some(package), _) => Self::BeforeInstalled(package.parse()?),
            (None, None, None, None) => Self::Previous,
        })
    }

    pub(super) fn slots(&self, slots: &mut Slots) {
        match self {
            Self::Previous => {}
            Self::Number(number) => slots.push("number", number.to_string()),
            Self::Date(when) => slots.push("date", when.words()),
            Self::BeforeInstalled(package) => slots.push("before", package.as_str()),
            Self::BeforeUpdate => slots.push("before", UPDATE),
            Self::LastWorking => slots.push("to", WORKING),
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffRange {
    /// The generation before the current one, with the current one.
    Last,
    /// That generation, with the current one.
    From(GenerationNumber),
    /// The generation before that one, with that one.
    In(GenerationNumber),
    Between(GenerationNumber, GenerationNumber),
    /// What ran at that time, with the current one.
    Since(When),
}

impl DiffRange {
    pub(super) fn build(slots: &Slots) -> Result<Self, CommandError> {
        Ok(match (slots.first("from"), slots.first("to"), slots.first("number"), slots.first("date")) {
            (Some(from), Some(to), ..) => Self::Between(from.parse()?, to.parse()?),
            (Some(from), None, ..) => Self::From(from.parse()?),
            (None, Some(number), ..) | (None, None, Some(number), _) => Self::In(number.parse()?),
            (None, None, None, Some(date)) => Self::Since(date.parse()?),
            (None, None, None, None) => Self::Last,
        })
    }

    pub(super) fn slots(&self, slots: &mut Slots) {
        match self {
            Self::Last => {}
            Self::From(number) => slots.push("from", number.to_string()),
            Self::In(number) => slots.push("number", number.to_string()),
            Self::Between(from, to) => {
                slots.push("from", from.to_string());
                slots.push("to", to.to_string());
            }
            Self::Since(when) => slots.push("date", when.words()),
        }
    }
}

/// Which generations are deleted. The current one, the booted one and kept ones never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// These, at least one.
    Numbers(Vec<GenerationNumber>),
    /// All from the first to the second.
    Range(GenerationNumber, GenerationNumber),
    /// All that are older than `age` (any, without one), but not the newest `keep`.
    Old { age: Option<Age>, keep: Option<KeepCount> },
    /// All from before that time.
    Before(When),
}

impl Deletion {
    pub(super) fn build(slots: &Slots) -> Result<Self, CommandError> {
        let numbers = slots.all("number");
        if !numbers.is_empty() {
            return Ok(Self::Numbers(numbers.iter().map(|number| number.parse()).collect::<Result<_, _>>()?));
        }
        if let (Some(from), Some(to)) = (slots.first("from"), slots.first("to")) {
            let (from, to): (GenerationNumber, GenerationNumber) = (from.parse()?, to.parse()?);
            return if from <= to { Ok(Self::Range(from, to)) } else { Err(CommandError::Range { from, to }) };
        }
        if let Some(date) = slots.first("before") {
            return Ok(Self::Before(date.parse()?));
        }
        Ok(Self::Old {
            age: slots.first("age").map(str::parse).transpose()?,
            keep: slots.first("keep").map(str::parse).transpose()?,
        })
    }

    pub(super) fn slots(&self, slots: &mut Slots) {
        match self {
            Self::Numbers(numbers) => numbers.iter().for_each(|number| slots.push("number", number.to_string())),
            Self::Range(from, to) => {
                slots.push("from", from.to_string());
                slots.push("to", to.to_string());
            }
            Self::Old { age, keep } => {
                slots.extend("age", age.as_ref());
                slots.extend("keep", keep.as_ref());
            }
            Self::Before(when) => slots.push("before", when.words()),
        }
    }
}
