# Every sentence that ask-nix says in English, and nothing else says any.
#
# Spoken text: whole sentences, the important word first, no jargon. Numbers, versions and package
# names stay as they are written; the room `speak` pronounces them.

## Joining

list-two = { $first } and { $second }
list-last = { $items } and { $last }
list-more = { $items } and { $count } more

## When: each reads well after "from"

when-moment = a moment ago
when-minutes = { $count ->
    [one] a minute ago
   *[other] { $count } minutes ago
}
when-this-morning = this morning
when-this-afternoon = this afternoon
when-this-evening = this evening
when-tonight = tonight
when-last-night = last night
when-yesterday-morning = yesterday morning
when-yesterday-afternoon = yesterday afternoon
when-yesterday-evening = yesterday evening
when-days = { $count ->
    [one] yesterday
   *[other] { $count } days ago
}
when-weeks = { $count ->
    [one] a week ago
   *[other] { $count } weeks ago
}
when-months = { $count ->
    [one] a month ago
   *[other] { $count } months ago
}
when-years = { $count ->
    [one] a year ago
   *[other] { $count } years ago
}

## How long

for-seconds = { $count ->
    [one] 1 second
   *[other] { $count } seconds
}
for-minutes = { $count ->
    [one] 1 minute
   *[other] { $count } minutes
}
for-hours = { $count ->
    [one] 1 hour
   *[other] { $count } hours
}
for-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
for-weeks = { $count ->
    [one] 1 week
   *[other] { $count } weeks
}
for-months = { $count ->
    [one] 1 month
   *[other] { $count } months
}
for-years = { $count ->
    [one] 1 year
   *[other] { $count } years
}

## How much

size-bytes = { $plural ->
    [one] { $amount } byte
   *[other] { $amount } bytes
}
size-kilobytes = { $plural ->
    [one] { $amount } kilobyte
   *[other] { $amount } kilobytes
}
size-megabytes = { $plural ->
    [one] { $amount } megabyte
   *[other] { $amount } megabytes
}
size-gigabytes = { $plural ->
    [one] { $amount } gigabyte
   *[other] { $amount } gigabytes
}
size-terabytes = { $plural ->
    [one] { $amount } terabyte
   *[other] { $amount } terabytes
}

## Generations

generation-from = { $number } from { $when }
generations-none = There are no generations of the system yet.
generations-count = { $count ->
    [one] There is one generation.
   *[other] There are { $count } generations.
}
generations-brief = { $count ->
    [one] One generation.
   *[other] { $count } generations.
}
generations-current = Generation { $number }, from { $when }, is the current one.
generations-current-brief = Number { $number } is current.
generations-booted = The machine was started with generation { $number }.
generations-others = { $count ->
    [one] The other one is { $list }.
   *[other] The others are { $list }.
}
generation-is = Generation { $number } is from { $when }.
generation-is-current = Generation { $number } is the current one. It is from { $when }.
generation-is-booted = The machine was started with it.
generation-label = It is called { $label }.
generation-nixos = It is NixOS { $version }.
generation-nixos-kernel = It is NixOS { $version } with Linux { $kernel }.
generation-kernel = It runs Linux { $kernel }.
generation-revision = Its configuration is revision { $revision }.
generation-specialisations = { $count ->
    [one] It has one variant, { $list }.
   *[other] It has { $count } variants: { $list }.
}
generation-size = It takes { $size }.
generation-packages = { $count ->
    [one] It holds one package, { $list }.
   *[other] It holds { $count } packages: { $list }.
}
age-old = Your system is { $age } old.
age-new = Your system is new: it is less than a minute old.
age-detail = It is generation { $number }, from { $when }.
age-detail-version = It is generation { $number }, from { $when }, with NixOS { $version }.
rolled-back = Done. Generation { $number }, from { $when }, runs now.
rolled-back-undo = Before, it was generation { $number }. To go back to it, say: roll back to generation { $number }.
rolled-back-restart = Restart the machine to finish, because the kernel is another one.

## Packages

search-none = I found nothing for { $query }.
search-none-hint = Try other words, or say what the program does.
search-found = { $count ->
    [one] I found one result for { $query }.
   *[other] I found { $count } results for { $query }.
}
search-found-brief = { $count ->
    [one] One result.
   *[other] { $count } results.
}
search-first = The first is { $item }.
search-only = It is { $item }.
search-then = Then { $list }.
search-list = { $count ->
    [one] It is { $list }.
   *[other] They are { $list }.
}
search-program = the program { $name }
search-option = the setting { $name }
search-item = { $name }: { $description }
search-item-version = { $name }, version { $version }: { $description }
search-item-bare-version = { $name }, version { $version }
described = { $name }: { $description }.
described-version = { $name }, version { $version }: { $description }.
described-bare = There is a package { $name }, but nothing is written about it.
described-bare-version = There is a package { $name }, version { $version }, but nothing is written about it.
described-unfree = It is not free software.
described-broken = It is marked as broken, so it will probably not build.
described-program = Its program is called { $program }.
described-licence = Its licence is { $licence }.
described-homepage = Its home page is { $homepage }.
installed-yes = Yes, { $package } is installed.
installed-yes-version = Yes, { $package } is installed, version { $version }.
installed-no = No, { $package } is not installed.
installed-nothing = Nothing is installed.
installed-system = { $count ->
    [one] The system has one package, { $list }.
   *[other] The system has { $count } packages: { $list }.
}
installed-user = { $count ->
    [one] You have one of your own, { $list }.
   *[other] You have { $count } of your own: { $list }.
}
installed-user-only = { $count ->
    [one] You have one package, { $list }.
   *[other] You have { $count } packages: { $list }.
}
installed-brief = { $count ->
    [one] One package.
   *[other] { $count } packages.
}

## Space

space-empty = The store is empty.
space-total = { $count ->
    [one] The store takes { $size }, in one path.
   *[other] The store takes { $size }, in { $count } paths.
}
space-total-brief = The store takes { $size }.
space-largest = { $count ->
    [one] The largest is { $list }.
   *[other] The largest are { $list }.
}
space-item = { $name } with { $size }
space-garbage = About { $size } of it could be freed.
space-free = The disk has { $size } free.
space-boot-free = The boot partition has { $size } free.
space-disk-sign = { $free } free of { $size }
size-whole = { $package } takes { $size } with all that it needs.
size-own = By itself it takes { $size }.
size-alone = Without it, { $size } would go.
size-unused = Nothing uses it now.

## What is there, and why

compared = From generation { $from }, { $since }, to generation { $to }, { $until }:
compared-adds = It adds { $list }.
compared-larger = It is larger by { $size }.
compared-smaller = It is smaller by { $size }.
why-system = { $package } is one of the packages of the system.
why-yours = { $package } is one of your own packages.
why-needed-system = { $package } is there because the system needs it, for { $first }.
why-needed-yours = { $package } is there because your packages need it, for { $first }.
why-through = The way goes through { $list }.
why-left-over = Nothing needs { $package } now: it is left over in the store.
why-not-there = { $package } is not on this machine.
needers-none = Nothing else needs { $package }.
needers = { $count ->
    [one] { $list } needs { $package }.
   *[other] { $count } things need { $package }: { $list }.
}
needers-all = With what needs those, they are { $count }.
program-here = The program { $program } is here, from { $package }.
program-in = The program { $program } is in the package { $package }.
program-in-many = The program { $program } is in { $list }.
program-nowhere = I know no package with a program { $program }.

## How it is

reboot-no = No restart is needed.
reboot-yes = Restart the machine when it suits you: the system that runs now needs it to be whole.
reboot-kernel = Restart the machine when it suits you: it runs Linux { $booted }, and Linux { $kernel } is waiting.
fresh-age = The package list of your configuration is { $age } old.
fresh-age-unknown = How old the package list of your configuration is, I cannot see.
fresh-none = I do not find where your packages come from.
fresh-waiting = It is another one than the running system was made from: switch to use it.
fresh-same = The running system was made from it.
fresh-update = To look for newer packages, say update.
verified = { $count ->
    [one] The store is whole: its one path is there.
   *[other] The store is whole: all { $count } paths are there.
}
verified-missing = { $count ->
    [one] One path of the store is missing, { $list }.
   *[other] { $count } paths of the store are missing: { $list }.
}
verified-database = The database of the store is damaged.
verified-hint = Ask whoever looks after this machine to let Nix repair the store.
health-well = All is well.
health-services = { $count ->
    [one] One service has failed: { $list }.
   *[other] { $count } services have failed: { $list }.
}
health-services-not-asked = I could not ask how the services are.
health-disk = The disk is nearly full: { $size } are left.
health-boot = The boot partition is nearly full: { $size } are left.
health-unfinished = A change was cut short, and is neither finished nor taken back.
health-store = The store of Nix cannot be read.
wrong-change = Your last change, “{ $what }”, from { $when }, failed and was taken back.
wrong-unfinished = Your last change, “{ $what }”, from { $when }, was cut short.
wrong-nothing = I know of nothing that went wrong.

## Settings

options-none = I found no setting for { $query }.
options-found = { $count ->
    [one] I found one setting for { $query }.
   *[other] I found { $count } settings for { $query }.
}
options-are = { $count ->
    [one] It is { $list }.
   *[other] They are { $list }.
}
options-first = About the first: { $about }.
option-is = { $name }: { $about }.
option-bare = There is a setting { $name }, but nothing is written about it.
option-type = Its kind is { $kind }.
option-default = Where nobody sets it, it is { $value }.
option-example = An example is { $value }.
option-on = { $name } is switched on.
option-off = { $name } is switched off.
option-null = { $name } is empty.
option-empty = { $name } is an empty list.
option-list = { $count ->
    [one] { $name } is a list of one: { $list }.
   *[other] { $name } is a list of { $count }: { $list }.
}
option-now = { $name } is { $value }.
option-unset = { $name } is not set.
option-unset-default = { $name } is not set, so it is { $value }.

## Services

services-none-failed = No service has failed.
services-none-run = No service runs.
services-run = { $count ->
    [one] One runs: { $list }.
   *[other] { $count } run: { $list }.
}
service-active = is running
service-reloading = is reading its settings again
service-inactive = is not running
service-failed = has failed
service-activating = is just starting
service-deactivating = is just stopping
service-other = is in a state that I do not know
service-is = { $name } { $state }.
service-is-since = { $name } { $state }, as of { $when }.
service-loss-desktop = The desktop and all its windows go with it.
service-loss-network = Without it this machine may lose its network.
service-loss-login = Without it nobody can log in from elsewhere, perhaps not even you.
service-loss-sound = Without it you may not hear me any more.
service-started = { $name } has been started.
service-ran = { $name } has done its work and ended.
service-stopped = { $name } has been stopped. To have it back, say: start { $name }.
service-restarted = { $name } has been restarted.
service-exit = It ended with the exit code { $code }.
service-result = systemd says: { $result }.
service-disabled = It does not start with the machine.
service-restarts = { $count ->
    [one] It was restarted once by itself.
   *[other] It was restarted { $count } times by itself.
}
service-last-error = Its last error is: { $text }.
service-memory = It uses { $size } of memory.
logs = { $count ->
    [one] { $name } has one message.
   *[other] { $name } has { $count } recent messages.
}
logs-machine = { $count ->
    [one] There is one warning since the machine was started.
   *[other] The last { $count } warnings and errors are on the screen.
}
logs-newest = The newest is from { $when }.
logs-said = It says: { $text }.
logs-said-by = { $from } says: { $text }.
logs-none = { $name } has no messages since the machine was started.
logs-none-machine = There are no warnings since the machine was started.

## Progress

stage-waiting = Waiting for another Nix program to finish
stage-evaluating = Working out what to do
stage-downloading = { $expected ->
    [0] Downloading
    [one] Downloading one package
   *[other] Downloading { $expected } packages
}
stage-building = { $expected ->
    [0] Building
    [one] Building one package
   *[other] Building { $expected } packages
}
stage-activating = Switching to the new system
stage-indexing = { $expected ->
    [0] Reading the list of packages
   *[other] Reading the list of { $expected } packages
}
progress-stage = { $stage }.
progress-stage-left = { $stage }, about { $left }.
progress-percent = { $percent } percent.
progress-percent-left = { $percent } percent, about { $left } left.
progress-left = About { $left } left.
progress-heartbeat = Still at work, for { $elapsed } now.
progress-heartbeat-at = Still at work on { $at }, for { $elapsed } now.
progress-finished = That is done.

## What a change would do

plan-rollback = That goes from generation { $from } back to generation { $to }, from { $when }.
plan-default = Generation { $number }, from { $when }, runs already. That makes it what starts at the next boot, too.
plan-cut-short = The last change was cut short: { $said }. That brings back what ran before it.
plan-rollback-unknown = What runs now is no generation. That goes to generation { $to }, from { $when }.
plan-removes = It removes { $list }.
plan-adds = It brings back { $list }.
plan-changes = It changes the version of { $list }.
plan-same = The packages stay the same.
deletion-one = Generation { $number }, from { $when }, is deleted.
deletion-some = Generations { $list } are deleted.
deletion-many = { $count } generations are deleted, from { $from } to { $to }; the newest of them is from { $when }.
deletion-spares = { $count ->
    [one] Generation { $list } stays, since you keep it.
   *[other] Generations { $list } stay, since you keep them.
}
deletion-frees = About { $size } can be freed then.
deletion-done = { $count ->
    [one] One generation has been deleted.
   *[other] { $count } generations have been deleted.
}
deletion-room = To free about { $size }, say: free space.
collection-frees = Up to { $size } are freed, in { $count ->
    [one] one object of the store
   *[other] { $count } objects of the store
} that nothing uses.
collection-nothing = There is nothing in the store that nothing uses.
collected = { $size } have been freed.
collected-nothing = There was nothing to free.
optimised = Equal files are stored once now, which freed { $size }.
optimised-nothing = Equal files are stored once now. That freed nothing.
generation-kept = Generation { $number } is kept for good now. Nothing deletes it.
generation-labelled = Generation { $number } is called { $label } now.
stage-collecting = Freeing space
stage-optimising = Looking for equal files
plan-restart = You would have to restart to finish, because the kernel is another one.

## Edits of the configuration
edit-place = line { $line } of { $file }
edit-whose-system = the packages of the system
edit-whose-user = the packages of { $name }
edit-whose-own = the packages of your own
edit-whose-fonts = the fonts
edit-adds = That writes { $package } into { $whose }, at { $place }, then builds the system and switches to it.
edit-removes = That takes { $package } out of { $whose }, at { $place }, then builds the system and switches to it.
edit-removes-written = That takes { $package } out at { $place }, where it is written as: { $text }. Then it builds the system and switches to it.
edit-sets = That sets { $option } to { $to }, at { $place }, then builds the system and switches to it.
edit-changes = That changes { $option } from { $from } to { $to }, at { $place }, then builds the system and switches to it.
edit-unsets = That takes the setting { $option } out, at { $place }, then builds the system and switches to it.
edit-undo-why = The last change was: { $why }.
edit-undo-files = That puts { $files } back as before.
edit-undo-to = That goes back to generation { $number }.
personal-installs = That installs { $list } for you alone, in your own profile.
personal-removes = That removes { $list } from your own profile.
edit-installed = { $package } is installed.
edit-removed = { $package } is removed.
edit-set = { $option } is { $to } now.
edit-unset = { $option } is no longer set.
edit-put-back = { $files } is as before.
edit-runs = Generation { $number } runs now.
edit-same = The system itself is the same as before.
edit-nothing = There is nothing to change: the system is what the configuration says.
edit-say-undo = To take it back, say: undo that.

## Building the configuration
rebuild-switch = Then the system is switched to it.
rebuild-test = It is used until the next restart, which brings back what starts now.
rebuild-boot = It is used from the next restart on, and not before.
rebuild-builds = { $count ->
    [one] One package is built here: { $list }.
   *[other] { $count } packages are built here: { $list }.
}
rebuild-builds-small = A few small files are built.
rebuild-fetches = { $count ->
    [one] One object of the store is downloaded, { $size }.
   *[other] { $count } objects of the store are downloaded, { $size }.
}
rebuild-ready = It is built already.
update-moves = { $name } goes from { $from } to { $to }.
update-adds = { $name } is new, at { $to }.
update-nothing = There is nothing newer.
updated = { $name } is at { $to } now.
tried = { $count ->
    [one] { $packages } is ready to be tried.
   *[other] { $packages } are ready to be tried.
}
tried-programs = { $count ->
    [one] Its program is called { $list }.
   *[other] The programs are called { $list }.
}
tried-no-program = There is no program in it.
tried-gone = Nothing is installed: after a day it is gone again.
rebuilt-test = The new system runs now, until the next restart.
rebuilt-boot = Generation { $number } starts at the next restart.

## Questions and answers

question-read = It only looks, and changes nothing.
question-undoable = You can undo it later.
question-destructive = It cannot be undone.
question-answer = Say yes or no.
question-again = { $question } Say yes or no. I wait { $wait }; no answer means no.
question-no-answer-yet = { $heard } is no answer to my question.
question-left = So I have left my question, and changed nothing.
question-no-answer = I heard no answer, so I changed nothing.
declined = All right. Nothing was changed.
declined-unattended = Nothing was changed, because nobody was there to say yes.
confirm-heard = I heard { $heard }. Is that right?
choose-two = { $question } { $first }, or { $second }?
choose-many = { $question } { $list }. Say a name, or a number.
choose-more = If it is another one, say its name.
choose-item = { $number }, { $name }
choose-or = { $items }, or { $last }

## Not understood

not-understood = I did not understand { $heard }.
not-understood-nothing-heard = I did not understand that.
not-understood-nearest = You could say: { $list }.
not-understood-help = Say help to hear what you can say.
not-heard = I heard nothing. Say it again, a little louder.
too-long = That was too long for me. Say one command at a time.
quoted = “{ $text }”

## Help

help-none = There is nothing that I can do right now.
help-examples = You can say: { $list }.
help-more = That is { $shown } of { $count } examples; the screen has all of them.
help-always = At any time: repeat, stop, or cancel.
help-title = What you can say:

## The dialogue

nothing-to-spell = There is no name to spell.
spelled = { $name }: { $letters }.
slower = Slower.
faster = Faster.
louder = Louder.
quieter = Quieter.
muted = I will be quiet. Say wake up to hear me again.
asleep = I sleep. Say wake up when you need me.
awake = I listen.
nothing-at-work = Nothing is at work.
nothing-to-repeat = I have not said anything yet.
nothing-before = That was the first thing that I remember.
nothing-after = That was the last thing that I said.
copied = It is on the clipboard.
telling-brief = I will be brief.
telling-normal = I will tell as much as usual.
telling-detailed = I will tell the details too.
sounds-normal = The sounds are as usual.
sounds-low = The sounds are lower now.
sounds-off = I will make no sounds.
sounds-only = I will make sounds, and speak only when I ask or when something goes wrong. To hear me again, say: words again.
sounds-words = I will speak again.
nothing-to-cancel = There is nothing to cancel.
nothing-to-answer = I have not asked anything.
cancelled-nothing-changed = Cancelled. Nothing was changed.
stopped = Stopped.
later = I am still at work. I will do that next.
later-after = { $count ->
    [one] I am still at work. I will do that after the one that waits.
   *[other] I am still at work. I will do that after the { $count } that wait.
}
later-full = I did not take that: I am still at work, and too much waits already. Say it again later, or say stop.
listening = I am listening.
heard = I heard: { $text }.
welcome = Hello. Say help to hear what you can say.
welcome-typed = Hello. Type help to see what you can ask for.
goodbye = Good-bye.
working = One moment.

## What is not there

no-microphone = I find no microphone, so I cannot hear you. You can type instead.
microphone-lost = The microphone is gone. I listen again as soon as it is back.
microphone-back = The microphone is back. I am listening.
settings-kept = It is set, and counts from the next start.
settings-taken = The new settings count now.
key-needed = This cannot be undone, so a voice is not enough. Type yes, or press the key for it.
no-speaker = I find no loudspeaker, so I answer in text only.
no-voice = I cannot speak right now, so I answer in text only.
no-nix = There is no Nix on this machine. I can show what I do with: ask-nix --demo.
not-nixos = This machine does not run NixOS. Searching works, and so do your own packages; changing the system does not.
demo = This is a demo system. Nothing you do here changes your machine.
index-missing = I do not know the packages yet. I am reading the list now, and tell you when I am done.
unfinished = The last change was cut short: { $said }. To take it back, say: undo. To finish it, say it again.
index-ready = I know { $count } packages now.

## Tables

column-number = Number
column-date = Date
column-version = Version
column-kernel = Kernel
column-state = State
column-label = Label
column-name = Name
column-kind = Kind
column-about = About
column-size = Size
state-current = current
state-booted = booted
kind-package = package
kind-program = program
kind-option = setting
label-system = System
label-yours = Yours
label-total = Total
label-paths = Paths
label-program = Program
label-licence = Licence
label-homepage = Home page
label-packages = Packages
label-specialisations = Variants
label-revision = Revision
column-kept-by = Kept by
column-from = From
column-message = Message
label-garbage = Can be freed
label-disk = Disk
label-boot = Boot
label-nixpkgs = Packages from
label-default = Default
label-example = Example
label-unfree = Not free software
label-broken = Marked as broken
