{ config, pkgs, ... }:
{
  environment.systemPackages = [
    pkgs.git
    (pkgs.writeShellApplication {
      name = "backup";
      text = ''
        echo git vim ]
      '';
    })
  ];
}
