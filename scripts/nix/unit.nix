# The user's service: how it is started, watched and confined. `systemd.exec(5)` has each word.
{ lib, package }:
{
  Service = {
    Type = "notify";
    NotifyAccess = "main";
    ExecStart = "${lib.getExe package} listen";
    # The program tells twice in this time that its loop turns.
    WatchdogSec = 30;
    Restart = "on-failure";
    RestartSec = 2;
    # A change that is under way ends in order, or is taken back.
    TimeoutStopSec = 90;
    KillMode = "mixed";

    # It runs as the user and with the user's rights; what it never needs is taken away.
    # Not set, each for a reason:
    #   NoNewPrivileges, RestrictSUIDSGID: a change of the system asks for rights by sudo, run0 or pkexec.
    #   MemoryDenyWriteExecute: ONNX Runtime makes code while it runs.
    #   ProtectHome, ProtectSystem: it edits the configuration of the system, wherever the user keeps it.
    #   PrivateNetwork: Nix fetches. PrivateDevices: the microphone.
    LockPersonality = true;
    ProtectClock = false;
    RestrictRealtime = false;
    RestrictAddressFamilies = [
      "AF_UNIX"
      "AF_INET"
      "AF_INET6"
      "AF_NETLINK"
    ];
    SystemCallArchitectures = "native";
    UMask = "0077";
    Slice = "session.slice";
  };
}
