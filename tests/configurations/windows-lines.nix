{ pkgs, ... }:
{
  environment.systemPackages = with pkgs; [
    git
    vim
  ];
  services.openssh.enable = true;
}
