# The user's service: how it is started, watched and confined. `systemd.exec(5)` has each word.
{ lib, package }:
{
  Service = {
    Type = "notify";
    NotifyAccess = "main";
    ExecStart = "${lib.getExe package} listen";
    # The program tells twice in this time that its loop turns.
    WatchdogSec = 60;
    Restart = "on-failure";
    RestartSec = 2;
    # A change that is under way ends in order, or is taken back.
    TimeoutStopSec = 90;
    KillMode = "mixed";

    # It runs as the user and with the user's rights, and this is all that confines the unit. In a user's manager
    # each option that filters system calls (RestrictAddressFamilies, LockPersonality, SystemCallArchitectures,
    # MemoryDenyWriteExecute and their like) implies NoNewPrivileges, and so a change of the system could no longer
    # ask for rights by sudo or pkexec. ONNX Runtime, besides, makes code while it runs; Nix needs the network; the
    # configuration lies wherever the user keeps it. Instead the threads that read foreign bytes give up their rights
    # themselves (docs/security.md). No UMask: what a change of the system makes must be readable as usual.
    Slice = "session.slice";
  };
}
