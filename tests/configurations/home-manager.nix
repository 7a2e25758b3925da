{ pkgs, ... }:
{
  imports = [ <home-manager/nixos> ];
  home-manager.useGlobalPkgs = true;
  home-manager.users.alice = { pkgs, ... }: {
    home.packages = with pkgs; [
      git
    ];
    programs.bash.enable = true;
  };
}
