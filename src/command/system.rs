//! What the backend does: one variant a command, holding validated values alone.

use super::{
    Age, CommandName, Deletion, DiffRange, GenerationNumber, KeepCount, Label, OptionPath, OptionValue, PackageAttr,
    Packages, ProgramName, Query, Risk, RollbackTarget, ServiceName, Slots,
};

/// A command for the backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemCommand {
    Search {
        query: Query,
    },
    Describe {
        package: PackageAttr,
    },
    Install {
        packages: Packages,
    },
    Remove {
        packages: Packages,
    },
    /// Make programs usable for this session alone.
    Try {
        packages: Packages,
    },
    /// Which package has a program.
    WhichProgram {
        program: ProgramName,
    },
    IsInstalled {
        package: PackageAttr,
    },
    Installed,
    /// How large a package is, with all that it needs.
    Size {
        package: PackageAttr,
    },
    /// Why a package is on the machine.
    Why {
        package: PackageAttr,
    },
    /// What needs a package.
    Referrers {
        package: PackageAttr,
    },
    /// What a switch would change.
    Plan,
    /// Build the configuration, activate it, and make it the default.
    Switch,
    /// Build and activate, but start the old system at the next boot.
    Test,
    /// Build, and activate at the next boot.
    Boot,
    /// Bring the sources of the configuration up to date, then switch.
    Update,
    /// Whether there is anything newer.
    UpdateCheck,
    Rollback {
        target: RollbackTarget,
    },
    Generations,
    CurrentGeneration,
    DescribeGeneration {
        number: GenerationNumber,
    },
    Diff {
        range: DiffRange,
    },
    /// Never delete a generation (without a number: the current one).
    Keep {
        number: Option<GenerationNumber>,
    },
    LabelGeneration {
        number: Option<GenerationNumber>,
        label: Label,
    },
    DeleteGenerations {
        which: Deletion,
    },
    /// Collect garbage, and before it old generations where an age or a count is given.
    Gc {
        age: Option<Age>,
        keep: Option<KeepCount>,
    },
    /// Store equal files once.
    Optimise,
    /// Whether the store is whole.
    Verify,
    /// How large the store is, and what in it is largest.
    Space,
    RebootNeeded,
    /// How old the system that runs now is.
    Age,
    SearchOptions {
        query: Query,
    },
    ExplainOption {
        option: OptionPath,
    },
    /// The value that an option has on this machine.
    ReadOption {
        option: OptionPath,
    },
    SetOption {
        option: OptionPath,
        value: OptionValue,
    },
    ServiceList,
    ServiceStatus {
        service: ServiceName,
    },
    ServiceStart {
        service: ServiceName,
    },
    ServiceStop {
        service: ServiceName,
    },
    ServiceRestart {
        service: ServiceName,
    },
    /// Recent messages, of one service or of all.
    Logs {
        service: Option<ServiceName>,
    },
    /// What went wrong last, and why.
    Explain,
    /// Whether the machine is well.
    Health,
    /// Take the last change back.
    Undo,
}

impl SystemCommand {
    /// The command's name.
    #[must_use]
    pub const fn name(&self) -> CommandName {
        match self {
            Self::Search { .. } => CommandName::Search,
            Self::Describe { .. } => CommandName::Describe,
            Self::Install { .. } => CommandName::Install,
            Self::Remove { .. } => CommandName::Remove,
            Self::Try { .. } => CommandName::Try,
            Self::WhichProgram { .. } => CommandName::WhichProgram,
            Self::IsInstalled { .. } => CommandName::IsInstalled,
            Self::Installed => CommandName::Installed,
            Self::Size { .. } => CommandName::Size,
            Self::Why { .. } => CommandName::Why,
            Self::Referrers { .. } => CommandName::Referrers,
            Self::Plan => CommandName::Plan,
            Self::Switch => CommandName::Switch,
            Self::Test => CommandName::Test,
            Self::Boot => CommandName::Boot,
            Self::Update => CommandName::Update,
            Self::UpdateCheck => CommandName::UpdateCheck,
            Self::Rollback { .. } => CommandName::Rollback,
            Self::Generations => CommandName::Generations,
            Self::CurrentGeneration => CommandName::CurrentGeneration,
            Self::DescribeGeneration { .. } => CommandName::DescribeGeneration,
            Self::Diff { .. } => CommandName::Diff,
            Self::Keep { .. } => CommandName::Keep,
            Self::LabelGeneration { .. } => CommandName::LabelGeneration,
            Self::DeleteGenerations { .. } => CommandName::DeleteGenerations,
            Self::Gc { .. } => CommandName::Gc,
            Self::Optimise => CommandName::Optimise,
            Self::Verify => CommandName::Verify,
            Self::Space => CommandName::Space,
            Self::RebootNeeded => CommandName::RebootNeeded,
            Self::Age => CommandName::Age,
            Self::SearchOptions { .. } => CommandName::SearchOptions,
            Self::ExplainOption { .. } => CommandName::ExplainOption,
            Self::ReadOption { .. } => CommandName::ReadOption,
            Self::SetOption { .. } => CommandName::SetOption,
            Self::ServiceList => CommandName::ServiceList,
            Self::ServiceStatus { .. } => CommandName::ServiceStatus,
            Self::ServiceStart { .. } => CommandName::ServiceStart,
            Self::ServiceStop { .. } => CommandName::ServiceStop,
            Self::ServiceRestart { .. } => CommandName::ServiceRestart,
            Self::Logs { .. } => CommandName::Logs,
            Self::Explain => CommandName::Explain,
            Self::Health => CommandName::Health,
            Self::Undo => CommandName::Undo,
        }
    }

    /// What the command can do to the machine.
    #[must_use]
    pub const fn risk(&self) -> Risk {
        match self {
            Self::DeleteGenerations { .. } | Self::Gc { .. } => Risk::Destructive,
            Self::Install { .. }
            | Self::Remove { .. }
            // It downloads and starts foreign programs: asked about, though nothing stays.
            | Self::Try { .. }
            | Self::Switch
            | Self::Test
            | Self::Boot
            | Self::Update
            | Self::Rollback { .. }
            | Self::Keep { .. }
            | Self::LabelGeneration { .. }
            | Self::Optimise
            | Self::SetOption { .. }
            | Self::ServiceStart { .. }
            | Self::ServiceStop { .. }
            | Self::ServiceRestart { .. }
            | Self::Undo => Risk::Undoable,
            Self::Search { .. }
            | Self::Describe { .. }
            | Self::WhichProgram { .. }
            | Self::IsInstalled { .. }
            | Self::Installed
            | Self::Size { .. }
            | Self::Why { .. }
            | Self::Referrers { .. }
            | Self::Plan
            | Self::UpdateCheck
            | Self::Generations
            | Self::CurrentGeneration
            | Self::DescribeGeneration { .. }
            | Self::Diff { .. }
            | Self::Verify
            | Self::Space
            | Self::RebootNeeded
            | Self::Age
            | Self::SearchOptions { .. }
            | Self::ExplainOption { .. }
            | Self::ReadOption { .. }
            | Self::ServiceList
            | Self::ServiceStatus { .. }
            | Self::Logs { .. }
            | Self::Explain
            | Self::Health => Risk::Read,
        }
    }

    /// The slots that the command was made from, with their validated values.
    #[must_use]
    pub fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        match self {
            Self::Search { query } | Self::SearchOptions { query } => slots.push("query", query.as_str()),
            Self::Describe { package }
            | Self::IsInstalled { package }
            | Self::Size { package }
            | Self::Why { package }
            | Self::Referrers { package } => slots.push("package", package.as_str()),
            Self::Install { packages } | Self::Remove { packages } | Self::Try { packages } => {
                packages.as_slice().iter().for_each(|package| slots.push("package", package.as_str()));
            }
            Self::WhichProgram { program } => slots.push("program", program.as_str()),
            Self::DescribeGeneration { number } => slots.push("number", number.to_string()),
            Self::Rollback { target } => target.slots(&mut slots),
            Self::Diff { range } => range.slots(&mut slots),
            Self::Keep { number } => slots.extend("number", number.as_ref()),
            Self::LabelGeneration { number, label } => {
                slots.extend("number", number.as_ref());
                slots.push("query", label.as_str());
            }
            Self::DeleteGenerations { which } => which.slots(&mut slots),
            Self::Gc { age, keep } => {
                slots.extend("age", age.as_ref());
                slots.extend("keep", keep.as_ref());
            }
            Self::ExplainOption { option } | Self::ReadOption { option } => slots.push("option", option.as_str()),
            Self::SetOption { option, value } => {
                slots.push("option", option.as_str());
                slots.push("to", value.to_string());
            }
            Self::ServiceStatus { service }
            | Self::ServiceStart { service }
            | Self::ServiceStop { service }
            | Self::ServiceRestart { service } => slots.push("service", service.as_str()),
            Self::Logs { service } => slots.extend("service", service.as_ref()),
            Self::Installed
            | Self::Plan
            | Self::Switch
            | Self::Test
            | Self::Boot
            | Self::Update
            | Self::UpdateCheck
            | Self::Generations
            | Self::CurrentGeneration
            | Self::Optimise
            | Self::Verify
            | Self::Space
            | Self::RebootNeeded
            | Self::Age
            | Self::ServiceList
            | Self::Explain
            | Self::Health
            | Self::Undo => {}
        }
        slots
    }
}
