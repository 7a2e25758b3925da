# A machine that is spoken to through a virtual sound card, and answers.
{ self, pkgs }:
pkgs.testers.runNixOSTest {
  name = "ask-nix-spoken-to";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [ self.nixosModules.default ];
      services.ask-nix = {
        enable = true;
        # Started by the test, once there is a sound card.
        listen = false;
        settings = {
          ears.wake = false;
          audio.input = "spoken.monitor";
        };
      };
      services.pipewire.enable = false;
      services.pulseaudio.enable = true;
      environment.systemPackages = [
        pkgs.espeak-ng
        pkgs.sox
        pkgs.pulseaudio
      ];
      users.users.anna = {
        isNormalUser = true;
        uid = 1000;
        linger = true;
      };
      virtualisation = {
        memorySize = 3072;
        cores = 2;
      };
    };

  testScript = ''
    machine.wait_for_unit("multi-user.target")
    machine.wait_for_unit("user@1000.service")


    def anna(command):
        return machine.succeed(
            f"su - anna -c 'export XDG_RUNTIME_DIR=/run/user/1000; {command}'"
        )


    anna("pulseaudio --start --exit-idle-time=-1")
    anna("pactl load-module module-null-sink sink_name=spoken")
    anna("pactl load-module module-null-sink sink_name=answers")
    anna("pactl set-default-sink answers; pactl set-default-source spoken.monitor")
    anna("ask-nix doctor || true")
    anna("systemctl --user start ask-nix")
    machine.wait_until_succeeds(
        "su - anna -c 'XDG_RUNTIME_DIR=/run/user/1000 ask-nix talk cancel'", timeout=120
    )
    anna("espeak-ng -s 140 -w /tmp/said.wav \"list generations\"")
    anna("timeout 30 parecord -d answers.monitor --file-format=wav /tmp/answer.wav & sleep 1; paplay -d spoken /tmp/said.wav; sleep 20")
    machine.wait_until_succeeds(
        "su - anna -c 'ask-nix metrics --json' | grep -q generations", timeout=60
    )
    # It answered with sound, and not with silence.
    loudness = anna("sox /tmp/answer.wav -n stat 2>&1 | grep \"Maximum amplitude\" | cut -d: -f2")
    assert float(loudness) > 0.01, loudness
  '';
}
